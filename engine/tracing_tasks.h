#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/known.h"
#include "engine/plan.h"

namespace engine {

// The scheduled tasks that a payload brings: one that starts tracing at boot (and when it is
// registered), one that saves what was traced every 37 minutes. The latter runs bpftool, which
// opens EbpfCore: no driver can stop beneath it.
struct TracingTask {
  std::string_view name;
  std::string_view file;  // in a payload: UTF-16, with the default install folder in it
};
inline constexpr std::array<TracingTask, 2> kTracingTasks{
    {{"eBpfTracingStartupTask", "ebpf_tracing_startup_task.xml"},
     {"eBpfTracingPeriodicTask", "ebpf_tracing_periodic_task.xml"}}};

// A task's file as what is registered: UTF-8, and the default install folder, in each of its
// spellings, replaced by `install_folder`. nullopt: no text that a task can be made of.
std::optional<std::string> task_xml(std::string_view file_content,
                                    const std::string& install_folder, machine::Machine& machine);

// SHA-256 of what a registered task is, whatever the scheduler's wording: without white space, and
// without whether it is enabled.
std::string fingerprint(std::string_view registered_xml);

// Where the plan stops a driver or exchanges files: the tracing tasks that are enabled are disabled
// first and enabled again last, both best effort, so that none of them opens EbpfCore meanwhile. A
// disable of drivers does not leave them off: it holds until the next boot, they start nothing
// before. One that could not be enabled again is known to the journal, and enabled by the next plan
// with steps; `settles`: the plan's commit cannot be undone any more. An instance that runs already
// is not ended (ending it deletes the traces): it makes EbpfCore's stop wait, in the worst case
// until that fails and all is undone.
void keep_tasks_off(Plan& plan, machine::Machine& machine, const Known& known, bool settles);

}  // namespace engine
