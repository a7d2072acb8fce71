#include "engine/planning/recovery_copy.h"

#include <cstdint>

#include "actions/best_effort.h"
#include "actions/files/arm_recovery.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/tasks.h"
#include "actions/tasks/recovery_task.h"
#include "engine/product/places.h"

namespace engine::planning {

std::unique_ptr<actions::Action> arm_recovery(machine::Machine& machine,
                                              const std::string& program) {
  const std::string folder = product::recovery_copy_folder(machine);
  const std::string copy = actions::files::ArmRecovery::program_in(folder);
  return std::make_unique<actions::files::ArmRecovery>(program, folder, product::kRecoveryTask,
                                                       actions::tasks::recovery_task_xml(copy));
}

bool is_recovery_armed(machine::Machine& machine) {
  const std::string folder = product::recovery_copy_folder(machine);
  if (!machine.files().stat(actions::files::ArmRecovery::program_in(folder))) return false;
  const auto task =
      actions::if_readable([&] { return machine.tasks().get(product::kRecoveryTask); });
  return task && *task && (*task)->enabled;
}

bool has_room_for_copy(machine::Machine& machine, const std::string& program) {
  constexpr std::uint64_t kLeft = 3 * 1024 * 1024;  // for the journal, its reserve, the removal
  const auto info = machine.host().stat(program);
  const std::uint64_t size = info ? info->size : 0;
  return machine.files().free_bytes(product::data_folder(machine)) >= size + kLeft;
}

}  // namespace engine::planning
