#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions {

class RetainedFolder;

// An installation that is not ours: what its own uninstall takes away.
struct Installation {
  std::string folder;  // with all that is in it, whoever put it there
  std::vector<std::string> services;
  std::vector<std::string> tasks;
  std::string netsh_helper;  // the DLL
};

// Keeps all of an installation that somebody else's uninstall is about to remove: files as copies,
// registrations as images.
//
// Changes: copies each file below the folder to the transaction's folder "retained"
//   (retained_folder.h), hashed while copying and synced. Nothing on the running machine.
// Saves first: per file its path, id, hash, size and read-only flag; the folders; the configuration
//   of the services, the tasks with their XML, the machine's PATH, the netsh helper's values.
// After-image: how many files were kept.
// Undo: puts back what is missing, and nothing else: folders and files (the copy, by rename, if it
//   still has the captured hash), services, tasks, the folder in PATH, the helper. What is there
//   and differs is foreign: left and reported, and the copy of a file is kept too. Copies of what
//   is there go. Starts nothing. Registrations come back as the undo of their removal
//   (unregister-…, remove-from-path) brings them back.
// Tolerates: an installation without a folder, an end at any point, being run again.
// Refuses: a file that changes while it is copied, a folder beyond FileTree's bounds. Links below
//   the folder are named in the before-image and not kept.
// Rejected: keeping only the files that eBPF has (which they are, an unknown version does not say;
//   the predecessor deletes the folder with what others put there: PS-20, PS-55), and renaming the
//   folder (it is in use, and the uninstall must find it).
class PreserveInstallation final : public Action {
 public:
  PreserveInstallation(std::string work_folder, Installation installation);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "preserve-installation"; }
  std::string target() const override { return installation_.folder; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  struct KeptFile {
    std::string path;
    std::string copy;  // its name in "retained"
    std::string id;
    std::string sha256;
    std::uint64_t size = 0;
    bool readonly = false;
  };
  struct Before {
    bool work_folder = false;          // was there
    std::vector<std::string> folders;  // outermost first
    std::vector<KeptFile> files;
    std::vector<Json> registrations;  // before-images, in the order of removals()
    bool has_folder() const { return !folders.empty(); }
  };
  enum class FileFound {
    kIntact,   // as captured, or put back
    kMissing,  // and its copy is there, whole
    kForeign,  // another one is there, or nobody kept this one
    kLost      // missing, and so is its copy
  };

  // What would have removed the registrations; their undo puts them back.
  std::vector<std::unique_ptr<Action>> removals() const;
  Before read(const Json& before) const;
  void keep(machine::Files& door, const RetainedFolder& retained, const KeptFile& file) const;
  FileFound look(machine::Files& door, const RetainedFolder& retained, const KeptFile& file,
                 bool all_kept) const;
  void put_back(machine::Files& door, const RetainedFolder& retained, const KeptFile& file,
                FileFound found, UndoResult& result) const;
  void put_files_back(machine::Files& door, const Before& before, bool all_kept,
                      UndoResult& result) const;

  std::string work_folder_;
  Installation installation_;
};

}  // namespace actions
