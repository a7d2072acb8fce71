#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Takes a folder out of the machine's PATH, each segment that means it.
//
// Changes: those segments with their semicolons; the value's type and every other byte stay.
//   Running programs are told.
// Saves first: the value, or that there was none.
// After-image: the value.
// Undo: puts each segment back as it was spelt, behind the nearest of its former predecessors that
//   is still there, else before a former successor, else at the end; if nobody else changed PATH,
//   it is byte for byte what it was. If the folder is in it again by then, nothing is done. One
//   that is no text any more, or gone, is left and reported.
// Tolerates: a folder that is not in PATH, no PATH at all, being run again, an end at any point.
// Refuses: a PATH that is no text.
// Rejected: matching the exact text (PS-51: it misses another case, quotes, a '\' at the end).
class RemoveFromPath final : public Action {
 public:
  explicit RemoveFromPath(std::string folder);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "remove-from-path"; }
  std::string target() const override { return folder_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;
  bool deletes() const override { return true; }

 private:
  std::string folder_;
};

}  // namespace actions
