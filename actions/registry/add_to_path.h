#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Puts a folder into the machine's PATH, as its last segment.
//
// Changes: that segment, and nothing else of the value: its type, its variables and every other
//   byte stay. A folder that is in it already, in whatever spelling, is success. Running programs
//   are told.
// Saves first: the value, or that there was none.
// After-image: the value.
// Undo: takes our segment out of whatever PATH is by then (PS-51); if nobody else changed it, it is
//   byte for byte what it was. One that is no text any more, or gone, is left and reported.
// Tolerates: being run again, an end at any point (a killed process may leave the change
//   unannounced: whoever reads PATH anew sees it).
// Refuses: a PATH that is no text.
// Rejected: writing the earlier value back (it would take back what others added meanwhile), and
//   limits on its length (it may well be longer than 2047 characters).
class AddToPath final : public Action {
 public:
  explicit AddToPath(std::string folder);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "add-to-path"; }
  std::string target() const override { return folder_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  std::string folder_;
};

}  // namespace actions
