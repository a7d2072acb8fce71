#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/run.h"
#include "engine/planning/incoming.h"
#include "engine/planning/planning.h"
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
};
// `records`: nullptr on a machine without a journal; `installation`: what they say of it.
// `sequence_number`: of the goal state.
Detected detect(machine::Machine& machine, const journal::Records* records,
                product::InstallationState installation, const Request& request,
                std::optional<std::int64_t> sequence_number, planning::OwnPackage own);

// How a command that found this is planned.
planning::Planning planning_of(const Request& request, const Detected& detected,
                               std::string work_folder);

// The update that is open; nullopt: none.
std::optional<journal::Operation> open_update(const journal::Records& records);

}  // namespace engine::handler
