#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// A task's file as what is registered: UTF-8, and the default install folder, in each of its
// spellings, replaced by `install_folder`. nullopt: no text that a task can be made of.
std::optional<std::string> task_xml(std::string_view file_content,
                                    const std::string& install_folder, machine::Machine& machine);

// Where the plan stops a driver or exchanges files: the tracing tasks that are enabled are disabled
// first and enabled again last, both best effort, so that none of them opens EbpfCore meanwhile. A
// disable of drivers does not leave them off: it holds until the next boot, they start nothing
// before. One that could not be enabled again is known to the journal, and enabled by the next plan
// with steps; `settles`: the plan's commit cannot be undone any more. An instance that runs already
// is not ended (ending it deletes the traces): it makes EbpfCore's stop wait, in the worst case
// until that fails and all is undone.
void keep_tasks_off(transaction::Plan& plan, machine::Machine& machine,
                    const product::InstallationState& installation, bool settles);

}  // namespace engine::planning
