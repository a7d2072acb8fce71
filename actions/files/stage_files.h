#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions {

struct StagedFile {
  std::string source;  // in the package's payload folder, '/' separated, as the manifest has it
  std::string name;    // in the staged folder, unique there: "0003-ebpfapi.dll"
  std::uint64_t size = 0;
  std::string sha256;
};

// Copies a package's files to the folder "staged" of the transaction's work folder: same volume as
// their targets, so that place-files can swap them in by rename.
//
// Changes: makes the work folder (if missing) and "staged" in it, and the files; hashed in the pass
//   that copies them, then synced together, once. Memory does not depend on their size.
// Saves first: whether the work folder was there.
// After-image: the file ids, by which recovery knows them again.
// Undo: deletes the files that it knows by name, then the folders if they are empty. Files of other
//   names are left and reported; so is one in use (a program loaded it while it was in its place):
//   the work folder's clean-up queues it for the next boot.
// Tolerates: half-copied files of an earlier try (made anew), files that are gone already, files
//   that place-files has moved on.
// Refuses: a file whose size or hash is not the manifest's (kPackageDamaged; PS-17).
// Rejected: copying straight over the targets (a crash leaves a mixed tree: PS-24), and trusting an
//   existing copy of the right size after a crash (its content may never have reached the disk).
class StageFiles final : public Action {
 public:
  // payload_folder: path of the host's file system. work_folder: the transaction's own folder,
  // "...\EbpfForWindows\txn-12-..."; the files go to its sub-folder "staged".
  StageFiles(std::string payload_folder, std::string work_folder, std::vector<StagedFile> files);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "stage-files"; }
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
  std::string staged_folder() const;
  std::string staged_path(const StagedFile& file) const;
  // Whether it went, or was not there; one in use is left and reported.
  bool remove(machine::Files& door, const StagedFile& file, UndoResult& result) const;
  machine::CopiedFile copy(machine::Machine& machine, const StagedFile& file) const;

  std::string payload_folder_;
  std::string work_folder_;
  std::vector<StagedFile> files_;
};

}  // namespace actions
