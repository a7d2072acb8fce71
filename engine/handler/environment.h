#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "actions/machine/host_files.h"

namespace engine::handler {

// What HandlerEnvironment.json in the package's root says. Paths are the host's. Source: the VM
// Agent's contract; unknown keys are tolerated, eventsFolder may be missing.
struct HandlerEnvironment {
  std::string log_folder;
  std::string config_folder;
  std::string status_folder;
  std::string events_folder;  // "" where the VM Agent gives none
};

// Missing: kNoEnvironment. Larger than 1 MiB, not JSON, not a non-empty array of objects, a folder
// missing or no text: kBadEnvironment. A UTF-8 byte order mark is tolerated.
HandlerEnvironment read_environment(machine::HostFiles& host, const std::string& package_root);

// Whether the folders that a command writes to can be written: kBadEnvironment naming the folder
// and the reason where not. Missing folders are made. `status`: also the status folder.
void check_folders(machine::HostFiles& host, const HandlerEnvironment& environment, bool status);

// The number of this goal state. `variable` is the value of ConfigSequenceNumber: 0 .. 2^31-1 in
// plain digits, else kBadSequenceNumber. Absent or empty: the highest N of the N.settings files in
// the config folder; none there: nullopt.
std::optional<std::int64_t> sequence_number(machine::HostFiles& host,
                                            const HandlerEnvironment& environment,
                                            const std::optional<std::string>& variable);

}  // namespace engine::handler
