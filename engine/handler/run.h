#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/reports/answer.h"
#include "journal/journal.h"

namespace engine::handler {

using reports::Reply;

// One call of the handler.
struct Request {
  commands::Command command = commands::Command::kEnable;
  std::string package_root;  // host path: the folder of the executable
  std::string program;       // host path of the handler's executable, for the recovery copy
  std::optional<std::string> sequence_variable;  // ConfigSequenceNumber; nullopt: not set
  std::optional<std::string> version_variable;   // VERSION, for update; nullopt: not set
  bool abandoned = false;                        // recover only: undo also an abandoned update
  std::string log_folder;                        // setup only: host path
  bool is_elevated = true;                       // the process may change the machine
  std::string handler_version;                   // "0.9.1.1"
  std::int64_t process_id = 0;
  std::chrono::milliseconds lock_patience{30'000};
  std::function<void(journal::CommitPhase)> on_commit;  // for fault points; may be empty
};

// Runs one command from its call to its exit code, after the command line was read: call -> session
// -> recover -> detect -> decide -> plan -> execute -> report. A failure before the transaction
// ends as refusal_table.h decides. Never throws Failure: this is the second of the two places that
// catch it.
Reply run(machine::Machine& machine, const Request& request);

}  // namespace engine::handler
