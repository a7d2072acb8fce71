#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/enable_plan.h"
#include "engine/known.h"
#include "engine/open_update.h"
#include "engine/operation_table.h"
#include "engine/plan.h"
#include "engine/run.h"

namespace engine {

// The caller's package, read as little as its command needs.
OwnPackage own_package(machine::Machine& machine, const Request& request);
// Who an update by this command brings in. `sequence_number`: of this call.
Incoming incoming_of(const Request& request, const OwnPackage& own,
                     std::optional<std::int64_t> sequence_number);

// The plan of a command as the operation table decided on it. Read-only. Throws what the command
// refuses with.
struct Planning {
  Decision decision = Decision::kAlone;
  bool downgrade = false;  // the open update goes to an older version
  std::string work_folder;
};
Plan make_plan(machine::Machine& machine, const Request& request, const Known& known,
               const OwnPackage& own, const Incoming& incoming, const Planning& planning);

}  // namespace engine
