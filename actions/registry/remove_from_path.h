#pragma once

#include <string>

#include "actions/action_of.h"
#include "actions/registry/search_path.h"

namespace actions::registry {

struct RemoveFromPathImages {
  static constexpr std::string_view kKind = "remove-from-path";
  using Parameters = FolderOfPath;
  using Before = PathImage;
  using After = PathImage;
};

// Takes a folder out of the machine's PATH, each segment that means it.
//
// Changes: those segments with their semicolons; the value's type and every other byte stay.
//   Running programs are told.
// Saves first: the value, or that there was none.
// After-image: the value.
// Undo: puts each segment back as it was spelt, behind the nearest of its former predecessors that
//   is still there, else before a former successor, else at the end; if nobody else changed PATH,
//   it is byte for byte what it was. If somebody put the folder in again by then, undo does
//   nothing. A PATH that is no text any more, or gone, is left and reported.
// Tolerates: a folder that is not in PATH, no PATH at all, being run again, an end at any point.
// Refuses: a PATH that is no text.
// Rejected: matching the exact text (PS-51: it misses another case, quotes, a '\' at the end).
class RemoveFromPath final : public ActionOf<RemoveFromPathImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.folder; }
  std::string sentence() const override {
    return "Take " + given_.folder + " out of the machine's PATH";
  }
  std::string undo_sentence() const override { return "Put it back to its place in PATH"; }
  bool deletes() const override { return true; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::registry
