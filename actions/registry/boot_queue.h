#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/registry.h"
#include "actions/registry/registry_image.h"

namespace actions::registry {

// What the session manager does to files at the next boot, before any service starts. Installers
// queue it there: MoveFileEx with MOVEFILE_DELAY_UNTIL_REBOOT.
inline constexpr std::string_view kBootQueueKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
inline constexpr std::array<std::string_view, 2> kBootQueues{"PendingFileRenameOperations",
                                                             "PendingFileRenameOperations2"};

// A pair of a queue. Paths are raw, "\??\C:\a"; a target may begin with "!" (it replaces).
struct BootOperation {
  std::string source;
  std::optional<std::string> target;  // "" deletes; nullopt, and deletes too: the list ends early
  bool operator==(const BootOperation&) const = default;
};
using BootOperations = std::vector<BootOperation>;

// A value that is no REG_MULTI_SZ has no operations.
BootOperations operations_of(const std::optional<machine::RegistryValue>& value);
// The value of these operations; nullopt for none. Both ways every character is kept.
std::optional<machine::RegistryValue> value_of(const BootOperations& operations);

// Returns true if the operation deletes, moves or replaces `path`: "C:\a", compared without case. A
// short name (PROGRA~1) or another form of a path than "\??\C:\a" names nothing.
bool works_on(const BootOperation& operation, std::string_view path);

// Returns those of `paths` on which either queue works. Read-only.
std::vector<std::string> queued_paths(machine::Machine& machine,
                                      const std::vector<std::string>& paths);

// Both queues, in the order of kBootQueues.
struct BootQueuesImage {
  std::array<std::optional<machine::RegistryValue>, kBootQueues.size()> values;
  static void describe(auto& self, auto& visit) {
    visit.nullable("queue", self.values[0]);
    visit.nullable("second_queue", self.values[1]);
  }
};
BootQueuesImage boot_queues(machine::Machine& machine);

}  // namespace actions::registry
