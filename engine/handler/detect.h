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

// The history of attempts at an update, the open one's deaths included.
struct Attempts {
  commands::History history = commands::History::kFresh;
  std::optional<journal::Operation> last;    // the newest undone attempt
  bool last_died = false;                    // the process of `last` ended in the middle
  std::optional<journal::Operation> failed;  // the newest one that a failing command ended
};

// Returns why the last attempt was undone; an attempt whose process died gets a cause made here.
errors::Failure last_failure(const Attempts& attempts, const planning::Incoming& incoming);
// Returns why there is no further attempt: the last attempt's cause, with its code. Where the last
// one died, which says nothing of what keeps the update from its end, the cause and the code of the
// newest attempt that failed come with it.
errors::Failure too_many_attempts(const Attempts& attempts, std::string_view command,
                                  const planning::Incoming& incoming);

// The facts on which the engine decides what a command does (commands::decide) and plans it. Read
// once, never changed.
struct Detected {
  product::InstallationState installation;  // with the open update's findings and extras
  planning::OwnPackage own;
  planning::Incoming incoming;
  std::optional<journal::Operation> update;  // the open one
  Attempts attempts;
  commands::Situation situation;
  // The caller's older version may replace the settled one (VersionRelation::kNewer).
  bool permitted_downgrade = false;
};
// `records`: nullptr on a machine without a journal; `installation`: the state that they hold.
// `sequence_number`: of the goal state.
Detected detect(machine::Machine& machine, const journal::Records* records,
                product::InstallationState installation, const Request& request,
                std::optional<std::int64_t> sequence_number, planning::OwnPackage own);

// Returns the input of the command's planning.
planning::Planning planning_of(const Request& request, const Detected& detected,
                               std::string work_folder);

// Returns the open update, if there is one.
std::optional<journal::Operation> open_update(const journal::Records& records);

}  // namespace engine::handler
