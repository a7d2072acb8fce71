#include "engine/planning/tracing_tasks.h"

#include <algorithm>
#include <set>
#include <utility>

#include "actions/best_effort.h"
#include "actions/files/place_files.h"
#include "actions/files/remove_files.h"
#include "actions/machine/data_collectors.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "actions/tasks/disable_task.h"
#include "actions/tasks/enable_task.h"
#include "actions/tasks/end_trace_session.h"
#include "actions/tasks/unregister_task.h"
#include "engine/planning/recovery_copy.h"
#include "engine/product/components.h"
#include "engine/product/installation_change.h"
#include "engine/product/places.h"
#include "engine/product/tracing_tasks.h"
#include "engine/transaction/phase.h"
#include "json/json.h"
#include "text/utf16.h"
#include "text/xml.h"

namespace engine::planning {
namespace {

using actions::if_readable;
using transaction::Phase;

constexpr std::string_view kUtf16Mark = "\xFF\xFE";
constexpr std::string_view kDefaultFolder = R"(%programfiles%\ebpf-for-windows)";

// Converts UTF-16LE with a byte order mark; a text without the mark is UTF-8 already.
std::optional<std::string> utf8_of(std::string_view content) {
  if (!content.starts_with(kUtf16Mark)) return std::string(content);
  if (content.size() % 2 != 0) return std::nullopt;
  std::u16string units;
  for (std::size_t at = kUtf16Mark.size(); at < content.size(); at += 2) {
    units += static_cast<char16_t>(static_cast<unsigned char>(content[at]) |
                                   static_cast<unsigned char>(content[at + 1]) << 8);
  }
  return text::utf8_of_utf16(units);
}

void replace_folder(std::string& text, std::string_view from, const std::string& to) {
  const std::string wanted = machine::fold_case(from);
  for (std::size_t at = machine::fold_case(text).find(wanted); at != std::string::npos;
       at = machine::fold_case(text).find(wanted, at + to.size()))
    text.replace(at, wanted.size(), to);
}

// Returns true if the plan stops a component or exchanges files.
bool exchanges(const transaction::Plan& plan) {
  return std::any_of(product::components().begin(), product::components().end(),
                     [&plan](const product::Component& component) {
                       return plan.has(Phase::kStop, component.service);
                     }) ||
         plan.has<actions::files::PlaceFiles>() || plan.has<actions::files::RemoveFiles>();
}

// A task that cannot be read counts as off: the plan tries to enable it again.
bool may_be_off(machine::Machine& machine, const std::string& name) {
  const auto task = if_readable([&] { return machine.tasks().get(name); });
  return !task || (*task && !(*task)->enabled);
}

}  // namespace

std::optional<std::string> task_xml(std::string_view file_content,
                                    const std::string& install_folder, machine::Machine& machine) {
  auto text = utf8_of(file_content);
  if (!text) return std::nullopt;
  const std::string usual = product::default_install_folder(machine);
  if (machine::equal_paths(install_folder, usual)) return text;
  const std::string folder = text::xml_content(install_folder);
  replace_folder(*text, usual, folder);  // first: `folder` may begin with it
  replace_folder(*text, kDefaultFolder, folder);
  return text;
}

void keep_tasks_off(transaction::Plan& plan, machine::Machine& machine,
                    const product::InstallationState& installation, bool settles) {
  std::vector<std::string> to_enable;
  for (const std::string& name : installation.tasks_off) {
    if (may_be_off(machine, name) && !plan.has<actions::tasks::UnregisterTask>(name))
      to_enable.push_back(name);
  }
  if (exchanges(plan) && (plan.has(Phase::kArm) || is_recovery_armed(machine))) {
    for (const product::TracingTask& tracing : product::kTracingTasks) {
      const std::string name(tracing.name);
      const auto task = if_readable([&] { return machine.tasks().get(name); });
      if (!task || !*task || !(*task)->enabled) continue;
      plan.add<actions::tasks::DisableTask>(Phase::kGuard, name);
      if (!plan.has<actions::tasks::UnregisterTask>(name)) to_enable.push_back(name);
    }
  }
  // They use GuestProxyAgent's share of the time: a hanging step before them does not keep them
  // off.
  for (const std::string& name : to_enable)
    plan.add<actions::tasks::EnableTask>(Phase::kRelease, name).share = transaction::Share::kProxy;
  if (to_enable.empty() && installation.tasks_off.empty()) return;
  // Until the update settles, its undo may disable again the tasks that were off before.
  plan.to_change().tasks_off =
      product::TasksOff{to_enable, settles ? std::vector<std::string>() : installation.tasks_off};
}

void plan_trace_end(transaction::Plan& plan, machine::Machine& machine, Phase phase) {
  const std::string startup(product::kStartupTask);
  const std::string session(product::kTraceSession);
  if (!plan.has<actions::tasks::UnregisterTask>(startup)) {
    const auto task = if_readable([&] { return machine.tasks().get(startup); });
    if (!task || *task) return;  // one that cannot be read counts as there
  }
  const auto set = if_readable([&] { return machine.data_collectors().get(session); });
  if (set && !*set) return;  // one that cannot be read counts as there: the step says why
  plan.add<actions::tasks::EndTraceSession>(phase, session);
}

}  // namespace engine::planning
