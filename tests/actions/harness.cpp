#include "tests/actions/harness.h"

#include <gtest/gtest.h>

#include "actions/catalogue.h"

namespace actions::testing {

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all;
  for (const auto& of_kind :
       {stage_files_scenarios(),           place_files_scenarios(),
        remove_files_scenarios(),          register_service_scenarios(),
        unregister_service_scenarios(),    set_start_type_scenarios(),
        set_dependencies_scenarios(),      start_service_scenarios(),
        stop_service_scenarios(),          arm_recovery_scenarios(),
        add_to_path_scenarios(),           remove_from_path_scenarios(),
        register_netsh_helper_scenarios(), unregister_netsh_helper_scenarios(),
        register_task_scenarios(),         unregister_task_scenarios(),
        disable_task_scenarios(),          enable_task_scenarios(),
        remove_store_entries_scenarios(),  run_store_export_scenarios(),
        preserve_installation_scenarios(), write_registry_scenarios(),
        take_back_deletions_scenarios(),   end_trace_session_scenarios()}) {
    all.insert(all.end(), of_kind.begin(), of_kind.end());
  }
  return all;
}

std::unique_ptr<Action> revived(const Action& action) {
  auto other = rebuild(action.kind(), as_text(action.parameters()));
  if (other == nullptr) throw std::logic_error("the catalogue lacks " + std::string(action.kind()));
  return other;
}

Json as_text(const Json& image) { return Json::parse(image.dump()); }

errors::Failure failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const errors::Failure& failure) {
    return failure;
  }
  ADD_FAILURE() << "nothing failed";
  return {errors::ExitCode::kGeneric, "", "fail"};
}

}  // namespace actions::testing
