#include "actions/tasks/task_image.h"

#include "actions/machine/sha256.h"

namespace actions::tasks {

using machine::ScheduledTask;

bool TaskUndo::is_ours(const std::optional<ScheduledTask>& now) const {
  return !left_ || now == left_->task || is_half_restored(now);
}

bool TaskUndo::is_half_restored(const std::optional<ScheduledTask>& now) const {
  if (!before_ || !now || now->xml != before_->xml || now->enabled == before_->enabled)
    return false;
  // What we left had this XML too: then somebody else has switched it.
  return !left_ || !left_->task || left_->task->xml != before_->xml;
}

void TaskUndo::restore(machine::Machine& machine, UndoResult& result) const {
  const auto now = machine.tasks().get(name_);
  if (now == before_) return;
  if (!is_ours(now)) {
    result.foreign.push_back("Task " + name_ +
                             (now ? " was changed by somebody else and is left"
                                  : " was removed by somebody else; left so"));
  } else if (before_) {
    put_task(machine, name_, before_->xml, before_->enabled);
  } else {
    machine.tasks().remove(name_);
  }
}

Probe TaskUndo::probe(machine::Machine& machine) const {
  const auto now = machine.tasks().get(name_);
  if (left_ && now == left_->task) return Probe::kAfter;
  if (now == before_) return Probe::kBefore;
  return !left_ || is_half_restored(now) ? Probe::kBetween : Probe::kForeign;
}

std::string fingerprint(std::string_view registered_xml) {
  std::string text;
  for (const char c : registered_xml) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') text += c;
  }
  for (const std::string_view flag : {"<Enabled>true</Enabled>", "<Enabled>false</Enabled>"}) {
    for (std::size_t at = text.find(flag); at != std::string::npos; at = text.find(flag, at))
      text.erase(at, flag.size());
  }
  return machine::sha256_of(text);
}

TaskImage put_task(machine::Machine& machine, const std::string& name, const std::string& xml,
                   bool enabled) {
  machine.tasks().put(name, xml);
  const auto task = machine.tasks().get(name);
  if (task && task->enabled != enabled) machine.tasks().set_enabled(name, enabled);
  return {machine.tasks().get(name)};
}

}  // namespace actions::tasks
