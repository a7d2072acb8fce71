#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions {

// Takes files away, and the folders that become empty by it. A file is not deleted but moved to the
// transaction's folder "retained", which is let go when the operation settles; so undo is exact and
// costs renames, and files in use go as well.
//
// Changes: moves each file that is there; removes each of the given folders that is empty then.
// Saves first: per file its name as stored, id and read-only flag; which folders are there; the
//   same in "before.json" (retained_folder.h), durable before the first rename.
// After-image: what was left: files that are not the captured ones any more, folders that are not
//   empty; and which files were gone when their turn came.
// Undo: makes the removed folders again, and those that somebody else removed, and moves the files
//   back. A target that somebody else occupied meanwhile is foreign: left and reported, ours stays
//   in "retained". So is a file in neither place, unless it is known to have been moved. Access
//   rights that were set on a removed folder itself do not come back.
// Tolerates: files and folders that are absent (a valid state to delete: PS-46), an end at any
//   point, being run again.
// Refuses: a folder or a link in the place of a file.
// Rejected: deleting and restoring from a copy (costs each byte, changes the file ids), deleting
//   whole folders (PS-20).
class RemoveFiles final : public Action {
 public:
  // `files` and `folders` are absolute; `folders` innermost first. `work_folder` is made where it
  // is missing.
  RemoveFiles(std::string work_folder, std::vector<std::string> files,
              std::vector<std::string> folders);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "remove-files"; }
  std::string target() const override;
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
  struct BeforeFile {
    std::string path;  // with the case that the name has on disk
    std::string retained;
    std::string id;  // empty: there was no such file
    bool readonly = false;
  };
  struct Before {
    bool work_folder = false;          // was there
    std::vector<std::string> folders;  // that were there, innermost first
    std::vector<BeforeFile> files;
    bool nothing_to_do() const;
  };
  enum class FileFound {
    kUntouched,  // as captured, or absent as captured
    kMoved,      // gone from its place, and in "retained"
    kForeign,    // another file is there, or somebody else took it away
    kLost        // gone from its place after moves have begun, and not in "retained"
  };
  struct Seen {
    FileFound found = FileFound::kUntouched;
    bool target = false;    // something is there
    bool retained = false;  // the file is in "retained"
    bool retained_readonly = false;
  };

  Before read(const Json& before) const;
  Seen look(machine::Files& door, const BeforeFile& file, bool begun) const;
  // False: somebody else may have taken it away before its turn came.
  bool was_moved(const BeforeFile& file, const Json& after) const;
  std::vector<std::string> remove_folders(machine::Files& door, const Before& before) const;
  void put_back(machine::Files& door, const BeforeFile& file, const Seen& seen,
                UndoResult& result) const;

  std::string work_folder_;
  std::vector<std::string> files_;
  std::vector<std::string> folders_;
};

}  // namespace actions
