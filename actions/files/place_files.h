#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions {

class RetainedFolder;
class StoredNames;

struct PlacedFile {
  std::string path;    // relative to the install folder, '\' separated: "drivers\EbpfCore.sys"
  std::string staged;  // its name in the folder "staged", and later in "retained"
  std::string sha256;
  std::uint64_t size = 0;
};

// Swaps staged files into the install folder, file by file, by rename: the target to "retained",
// the staged one to its place. Nothing is copied, so doing and undoing cost renames, whatever the
// sizes; files in use are moved as well.
//
// Changes: makes missing folders, replaces or adds the files. A target that has the wanted hash
//   already is left as it is.
// Saves first: per file the target's name as stored, id, hash, size and read-only flag, and the
//   staged file's id; the folders to be made. The same goes to "before.json" beside the retained
//   files, durable before the first rename.
// After-image: path, id, hash and size of each file, the unchanged ones too.
// Undo: decides file by file by what is there (FileFound below), puts back what was there, with its
//   name and read-only flag, and removes the folders that it made if they are empty. Staged files
//   go back to "staged", for stage-files to delete. A target that is neither the old file nor ours
//   is foreign: left and reported, the old one stays in "retained". So is one that somebody deleted
//   before it was moved. Folders that somebody removed meanwhile are made again.
// Tolerates: an end at any point, being run again, a placed file deleted by somebody.
// Refuses: a target that is a folder or a link, or that was changed or deleted after the capture
//   (were it placed, nothing could tell afterwards whether the old one was deleted or lost).
// Rejected: copying over the old file (fails for a file in use, tears in a power cut: PS-20,
//   PS-24), a backup copy (costs each byte once more), swapping whole folders (files of others live
//   in them).
class PlaceFiles final : public Action {
 public:
  PlaceFiles(std::string install_folder, std::string work_folder, std::vector<PlacedFile> files);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "place-files"; }
  std::string target() const override;
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  struct Target {
    std::string name;  // with the case that it has on disk
    std::string id;
    std::string sha256;
    std::uint64_t size = 0;
    bool readonly = false;
  };
  struct BeforeFile {
    std::optional<Target> target;
    std::string staged_id;  // empty: there was none
    bool unchanged = false;
  };
  struct Before {
    std::vector<std::string> folders;  // missing, outermost first
    std::vector<BeforeFile> files;     // in the order of files_
    bool nothing_to_do() const;
  };
  // What is there of one file: T the target, S the staged and R the retained one; each counts only
  // with the id that the before-image expects of it. "begun": before.json says that moves may have
  // begun.
  enum class FileFound {
    kUntouched,   // T is the old one, or absent as before
    kMovedAside,  // no T, R there, S there
    kPlaced,      // T is the staged one
    kDeleted,     // ours was placed and somebody deleted it: no T, no S, begun
    kForeign,     // T is another file, or the old one was deleted by somebody
    kLost         // no T, no S, and R, which must be there, is not
  };
  struct Seen {
    FileFound found = FileFound::kUntouched;
    bool target = false;    // something is there
    bool staged = false;    // the staged file is there
    bool retained = false;  // the old file is in "retained"
    bool retained_readonly = false;
  };

  std::string target_path(const PlacedFile& file) const;
  std::string staged_path(const PlacedFile& file) const;
  Json capture_file(machine::Files& door, StoredNames& names, const PlacedFile& file) const;
  Before read(const Json& before) const;
  Seen look(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
            bool begun) const;
  // What must be there for putting back.
  std::vector<std::string> needed_folders(const std::vector<Seen>& all) const;
  void place(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
             const Seen& seen) const;
  void put_back(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
                const Seen& seen, UndoResult& result) const;
  void restore_retained(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
                        const Seen& seen) const;
  Json after_image(const Before& before) const;

  std::string install_folder_;
  std::string work_folder_;
  std::vector<PlacedFile> files_;
};

}  // namespace actions
