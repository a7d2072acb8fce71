#pragma once

#include <string>

#include "actions/action_of.h"
#include "actions/registry/search_path.h"

namespace actions::registry {

struct AddToPathImages {
  static constexpr std::string_view kKind = "add-to-path";
  using Parameters = FolderOfPath;
  using Before = PathImage;
  using After = PathImage;
};

// Puts a folder into the machine's PATH, as its last segment.
//
// Changes: that segment, and nothing else of the value: its type, its variables and every other
//   byte stay. A folder that is in PATH already, in whatever spelling, is success. Running programs
//   are told.
// Saves first: the value, or that there was none.
// After-image: the value.
// Undo: takes our segment out of whatever PATH is by then (PS-51); if nobody else changed PATH, it
//   is byte for byte what it was. A PATH that is no text any more, or gone, is left and reported.
// Tolerates: being run again, an end at any point (a killed process may leave the change
//   unannounced: whoever reads PATH anew sees it).
// Refuses: a PATH that is no text.
// Rejected: writing the earlier value back (it would take back what others added meanwhile), and
//   limits on its length (it may well be longer than 2047 characters).
class AddToPath final : public ActionOf<AddToPathImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.folder; }
  std::string sentence() const override {
    return "Add " + given_.folder + " to the machine's PATH";
  }
  std::string undo_sentence() const override { return "Take it out of PATH again"; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::registry
