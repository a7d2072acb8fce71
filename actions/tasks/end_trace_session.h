#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/data_collectors.h"

namespace actions {

template <>
struct Description<machine::DataCollectorSet> {
  template <class Self, class Visit>
  static void describe(Self& self, Visit& visit) {
    visit.required("xml", self.xml);
    visit.required("running", self.running);
  }
};

}  // namespace actions

namespace actions::tasks {

struct EndTraceSessionImages {
  static constexpr std::string_view kKind = "end-trace-session";

  struct Parameters {
    std::string name;  // of the data collector set: "ebpf_diag"
    static void describe(auto& self, auto& visit) { visit.required("name", self.name); }
  };
  struct Image {
    std::optional<machine::DataCollectorSet> set;  // nullopt: there is none
    static void describe(auto& self, auto& visit) { visit.nullable("set", self.set); }
  };
  using Before = Image;
  using After = Image;
};

// Ends the trace session that a tracing task has started, and removes its data collector set
// (F-17): no task does either when the task itself is removed.
//
// Changes: the session and the set's definition. The files that the session has written stay, they
//   explain a failure (PS-54).
// Saves first: the definition, and whether it ran, or that there was none.
// Undo: makes the set again if there is none, and starts it if it ran. A set of that name with
//   another definition is somebody else's: undo leaves and reports it.
// Tolerates: a set that is gone already, being run again, an end at any point.
// Rejected: running the tracing script's own "stop" command, which deletes what was traced.
class EndTraceSession final : public ActionOf<EndTraceSessionImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.name; }
  std::string sentence() const override { return "End trace session " + given_.name; }
  std::string undo_sentence() const override { return "Start it again as it was"; }
  bool deletes() const override { return true; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::tasks
