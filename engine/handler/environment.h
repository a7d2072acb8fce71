#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actions/machine/host_files.h"

namespace engine::handler {

// The content of HandlerEnvironment.json in the package's root. Paths are the host's. Source: the
// VM Agent's contract; unknown keys are tolerated, eventsFolder may be missing.
struct HandlerEnvironment {
  std::string log_folder;
  std::string config_folder;
  std::string status_folder;
  std::string events_folder;  // "" if the VM Agent gives none
};

// Throws kNoEnvironment if the file is missing; kBadEnvironment if it is larger than 1 MiB, not
// JSON, not a non-empty array of objects, or a folder is missing or no text. Tolerates a UTF-8 byte
// order mark.
HandlerEnvironment read_environment(machine::HostFiles& host, const std::string& package_root);

// Checks that the command can write to the log folder and, with `status`, the status folder. Makes
// missing folders. Throws kBadEnvironment naming the folder and the reason.
void check_folders(machine::HostFiles& host, const HandlerEnvironment& environment, bool status);

// The same for the folder of `setup`'s --log. Throws kUsage.
void check_log_folder(machine::HostFiles& host, const std::string& folder);

// Returns the number of this goal state. `variable` is the value of ConfigSequenceNumber: 0 ..
// 2^31-1 in plain digits, else throws kBadSequenceNumber. If it is absent or empty: the highest N
// of the N.settings files in the config folder, or nullopt if there is none.
std::optional<std::int64_t> sequence_number(machine::HostFiles& host,
                                            const HandlerEnvironment& environment,
                                            const std::optional<std::string>& variable);

}  // namespace engine::handler
