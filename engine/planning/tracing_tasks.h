#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "engine/transaction/phase.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// Returns a task's file in the form that is registered: UTF-8, with the default install folder, in
// each of its spellings, replaced by `install_folder`. nullopt if the file is no valid UTF-16.
std::optional<std::string> task_xml(std::string_view file_content,
                                    const std::string& install_folder, machine::Machine& machine);

// If the plan stops our services or exchanges files, and the recovery is armed, disables the
// enabled tracing tasks first and enables them again last, both best effort, so that no task opens
// EbpfCore meanwhile. Without the recovery a command that is killed would leave them off until the
// VM Agent comes back: a task that opens EbpfCore then makes its stop wait. The journal records a
// task that could not be enabled again, and the next plan enables it; `settles`: the plan's commit
// cannot be undone any more. A running instance is not ended (ending it deletes the traces): it
// makes EbpfCore's stop wait, in the worst case until the stop fails and all is undone.
void keep_tasks_off(transaction::Plan& plan, machine::Machine& machine,
                    const product::InstallationState& installation, bool settles);

// Ends the trace session that the startup task has started, if the plan leaves no such task. Best
// effort, behind the task's removal: a task that is still there would start it again.
void plan_trace_end(transaction::Plan& plan, machine::Machine& machine, transaction::Phase phase);

}  // namespace engine::planning
