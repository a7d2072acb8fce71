#include "actions/tasks/end_trace_session.h"

namespace actions::tasks {

using errors::ExitCode;

Contexts EndTraceSession::contexts() const {
  return {
      .capture = {"while looking at trace session " + given_.name, ExitCode::kDeleteTask},
      .apply = {"while ending trace session " + given_.name, ExitCode::kDeleteTask},
      .undo = {"while starting trace session " + given_.name + " again", ExitCode::kCreateTask}};
}

EndTraceSession::Before EndTraceSession::find(Machine& machine) const {
  return {machine.data_collectors().get(given_.name)};
}

EndTraceSession::After EndTraceSession::change(Machine& machine, const Before&, Deadline) const {
  machine::DataCollectors& sets = machine.data_collectors();
  const auto now = sets.get(given_.name);
  if (now && now->running) sets.stop(given_.name);
  sets.remove(given_.name);
  return {};
}

UndoResult EndTraceSession::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                      Deadline) const {
  UndoResult result;
  machine::DataCollectors& sets = machine.data_collectors();
  const auto now = sets.get(given_.name);
  if (now == before.set) return result;
  if (!before.set || (now && now->xml != before.set->xml)) {
    result.foreign.push_back("Trace session " + given_.name +
                             " was defined anew by somebody else and is left");
    return result;
  }
  if (!now) sets.put(given_.name, before.set->xml);
  if (before.set->running) sets.start(given_.name);
  return result;
}

Probe EndTraceSession::compare(Machine& machine, const Before& before,
                               const AfterIfKnown& after) const {
  const auto now = machine.data_collectors().get(given_.name);
  if (!now) return before.set || after ? Probe::kAfter : Probe::kBefore;
  if (now == before.set) return Probe::kBefore;
  const bool is_same = before.set && now->xml == before.set->xml;
  return is_same && before.set->running ? Probe::kBetween : Probe::kForeign;
}

}  // namespace actions::tasks
