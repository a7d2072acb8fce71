#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "actions/action.h"
#include "tests/actions/test_vm.h"

namespace actions::testing {

// A situation in which a kind of action must keep the contract of action.h. The harness
// (harness_test.cpp) takes every scenario of every kind through it: capture, apply, undo, undo
// again; ended and refused at each call of the machine; and with somebody else's change between.
struct Scenario {
  std::string name;  // "place_files_replaces_and_adds"; part of the test's name
  std::function<void(TestVm&)> prepare;
  std::function<std::unique_ptr<Action>(TestVm&)> action;
  bool changes_nothing = false;  // the target is as wanted already
  bool outlasts_a_boot = false;  // nothing in it starts or stops at a boot
  // What somebody else does after apply, and how the test sees that undo left it. Empty: nobody
  // can get between.
  std::function<void(TestVm&)> interfere = {};
  std::function<bool(TestVm&)> is_left = {};
};

std::vector<Scenario> stage_files_scenarios();
std::vector<Scenario> place_files_scenarios();
std::vector<Scenario> remove_files_scenarios();
std::vector<Scenario> register_service_scenarios();
std::vector<Scenario> unregister_service_scenarios();
std::vector<Scenario> set_start_type_scenarios();
std::vector<Scenario> set_dependencies_scenarios();
std::vector<Scenario> start_service_scenarios();
std::vector<Scenario> stop_service_scenarios();
std::vector<Scenario> arm_recovery_scenarios();
std::vector<Scenario> add_to_path_scenarios();
std::vector<Scenario> remove_from_path_scenarios();
std::vector<Scenario> register_netsh_helper_scenarios();
std::vector<Scenario> unregister_netsh_helper_scenarios();
std::vector<Scenario> register_task_scenarios();
std::vector<Scenario> unregister_task_scenarios();
std::vector<Scenario> disable_task_scenarios();
std::vector<Scenario> enable_task_scenarios();
std::vector<Scenario> end_trace_session_scenarios();
std::vector<Scenario> remove_store_entries_scenarios();
std::vector<Scenario> run_store_export_scenarios();
std::vector<Scenario> preserve_installation_scenarios();
std::vector<Scenario> take_back_deletions_scenarios();
std::vector<Scenario> write_registry_scenarios();
std::vector<Scenario> all_scenarios();

inline void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

// The action as another process has it: from the journal's text alone.
std::unique_ptr<Action> revived(const Action& action);
// An image after its way through the journal.
Json as_text(const Json& image);

// The Failure that `work` throws; fails the test where it throws none.
errors::Failure failure_of(const std::function<void()>& work);

}  // namespace actions::testing
