#include "engine/boot_wait.h"

#include <algorithm>

#include "actions/machine/system.h"
#include "actions/services/service_control.h"

namespace engine {

using errors::ExitCode;
using errors::Failure;
using journal::TransactionState;

Failure wait_for_boot(const CommandRow& command, const Recovery& waits) {
  return {ExitCode::kRebootNeeded, "the VM",
          std::string(command.name) +
              " before the VM is restarted: " + (waits.notes.empty() ? "" : waits.notes.back())};
}

bool is_left_to_boot(machine::Machine& machine, Store& store, Command command,
                     const Outcome& outcome) {
  if (store.journal() == nullptr) return false;
  const bool hangs =
      outcome.state == TransactionState::kUndone && actions::does_not_stop(*outcome.cause);
  if (!hangs && outcome.state != TransactionState::kRebootNeeded) return false;
  if (command == Command::kUninstall) return true;
  if (command != Command::kDisable) return false;
  const auto of_boot = store.journal()->of_boot(machine.system().boot_id());
  return std::any_of(of_boot.begin(), of_boot.end(), [&](const journal::Transaction& earlier) {
    return earlier.id < outcome.transaction_id && earlier.command == row(command).name &&
           earlier.cause.is_object() && actions::does_not_stop(Failure::from_json(earlier.cause));
  });
}

}  // namespace engine
