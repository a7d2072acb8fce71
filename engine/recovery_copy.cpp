#include "engine/recovery_copy.h"

#include "actions/arm_recovery.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "actions/recovery_task.h"
#include "engine/store.h"

namespace engine {
namespace {

constexpr const char* kTask = "\\eBPF for Windows\\recovery";

std::string copy_folder(machine::Machine& machine) {
  return machine::join(data_folder(machine), "recovery");
}

}  // namespace

std::unique_ptr<actions::Action> arm_recovery(machine::Machine& machine,
                                              const std::string& program) {
  const std::string folder = copy_folder(machine);
  const std::string copy = actions::ArmRecovery::program_in(folder);
  return std::make_unique<actions::ArmRecovery>(program, folder, kTask,
                                                actions::recovery_task_xml(copy));
}

std::vector<std::string> disarm_recovery(machine::Machine& machine) {
  if (!machine.tasks().get(kTask) && !machine.files().stat(copy_folder(machine))) return {};
  return actions::disarm_recovery(machine, copy_folder(machine), kTask);
}

}  // namespace engine
