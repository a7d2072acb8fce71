#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/commands.h"
#include "errors/exit_code.h"
#include "journal/journal.h"
#include "json/json.h"

namespace engine {

// One call of the handler.
struct Request {
  Command command = Command::kEnable;
  std::string package_root;  // host path: the folder of the executable
  std::string program;       // host path of the handler's executable, for the recovery copy
  std::optional<std::string> sequence_variable;  // ConfigSequenceNumber; nullopt: not set
  std::optional<std::string> version_variable;   // VERSION, for update; nullopt: not set
  bool abandoned = false;       // recover only: undo also an open update that nobody goes on with
  std::string handler_version;  // "0.9.1.1"
  std::int64_t process_id = 0;
  std::chrono::milliseconds lock_patience{30'000};
  std::function<void(journal::CommitPhase)> on_commit;  // for fault points; may be empty
};

struct Reply {
  errors::ExitCode code = errors::ExitCode::kSuccess;
  std::vector<std::string>
      lines;  // for people; the first says how it ended. The agent reads 3200 bytes at most.
  nlohmann::json json;  // the same for machines (--json)
};

// Runs one command from environment to status and exit code: the life of the process, without its
// command line. Never throws Failure: this is the second of the two places that catch it.
Reply run(machine::Machine& machine, const Request& request);

}  // namespace engine
