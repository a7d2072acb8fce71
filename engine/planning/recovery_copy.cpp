#include "engine/planning/recovery_copy.h"

#include "actions/files/arm_recovery.h"
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

}  // namespace engine::planning
