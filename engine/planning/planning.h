#pragma once

#include <string>

#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/planning/command_plan.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"

namespace engine::planning {

struct Planning {
  commands::Command command = commands::Command::kEnable;
  std::string handler_version;  // "0.10.0.1"
  std::string program;          // host path of the handler's executable, for the recovery copy
  commands::Decision decision = commands::Decision::kAlone;
  bool downgrade = false;   // the update, open or to be opened, may go to an older version
  std::string handed_over;  // the version that an open hand-over has put in place; "" for none
  std::string work_folder;
  std::string open_update;  // the version that the open update brings; "" for none
};

// Returns the plan of a command for the operation table's decision. Read-only. Throws the command's
// refusal; kUsage for a command that has no plan.
CommandPlan make_plan(machine::Machine& machine, const product::InstallationState& installation,
                      const OwnPackage& own, const Incoming& incoming, const Planning& planning);

}  // namespace engine::planning
