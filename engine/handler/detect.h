#pragma once

#include <optional>
#include <string_view>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::handler {

// What became of earlier attempts, the open one's deaths included. `last`: the newest that was
// undone, for what it failed with.
struct Attempts {
  commands::History history = commands::History::kFresh;
  std::optional<journal::Operation> last;
};

// Why the last attempt was undone. One whose process died has no cause of its own.
errors::Failure last_failure(const Attempts& attempts, const planning::Incoming& incoming);
// Why there is no further one: what the last one failed with, and its code.
errors::Failure too_many_attempts(const Attempts& attempts, std::string_view command,
                                  const planning::Incoming& incoming);

// What a command finds, on which it is decided what it does (commands::decide) and planned how.
// Read once, changed by nobody.
struct Detected {
  product::InstallationState installation;  // with what the open update found and made
  planning::OwnPackage own;
  planning::Incoming incoming;
  std::optional<journal::Operation> update;  // that is open
  Attempts attempts;
  commands::Situation situation;

  // The open update goes to an older version.
  bool goes_down() const { return update && update->package.empty(); }
};
Detected detect(machine::Machine& machine, const journal::Records& records, commands::Command command,
                planning::OwnPackage own, planning::Incoming incoming);
// The same on a machine without a journal.
Detected detect(machine::Machine& machine, commands::Command command, planning::OwnPackage own,
                planning::Incoming incoming);

// The update that is open; nullopt: none.
std::optional<journal::Operation> open_update(const journal::Records& records);

}  // namespace engine::handler
