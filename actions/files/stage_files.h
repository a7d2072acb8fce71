#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/files.h"

namespace actions::files {

struct StagedFile {
  std::string source;  // in the package's payload folder, '/' separated, as the manifest has it
  std::string name;    // in the staged folder, unique there: "0003-ebpfapi.dll"
  std::uint64_t size = 0;
  std::string sha256;
  static void describe(auto& self, auto& visit) {
    visit.required("source", self.source, Text::kRelative);
    visit.required("name", self.name, Text::kFileName);
    visit.required("size", self.size);
    visit.required("sha256", self.sha256, Text::kSha256);
  }
};

struct StageFilesImages {
  static constexpr std::string_view kKind = "stage-files";

  struct Parameters {
    std::string payload_folder;  // a path of the host's file system
    std::string work_folder;     // the transaction's own folder, "...\EbpfForWindows\txn-12-..."
    std::vector<StagedFile> files;
    static void describe(auto& self, auto& visit) {
      visit.required("payload_folder", self.payload_folder);
      visit.required("work_folder", self.work_folder, Text::kAbsolute);
      visit.required("files", self.files);
    }
  };
  struct Before {
    bool work_folder = false;  // was there
    static void describe(auto& self, auto& visit) {
      visit.required("work_folder", self.work_folder);
    }
  };
  struct After {
    std::map<std::string, std::string> ids;  // of the staged files, by their names
    static void describe(auto& self, auto& visit) { visit.required("ids", self.ids); }
  };
};

// Copies a package's files to the folder "staged" of the transaction's work folder: same volume as
// their targets, so that place-files can swap them in by rename.
//
// Changes: makes the work folder (if missing) and "staged" in it, and the files; it hashes them in
//   the pass that copies them, then syncs them together, once. Memory does not depend on their
//   size.
// Saves first: whether the work folder was there.
// After-image: the file ids, by which recovery knows the files again.
// Undo: deletes the files that it knows by name, then the folders if they are empty. It leaves and
//   reports files of other names, and a file in use (a program loaded it while it was in its
//   place): the work folder's clean-up queues that for the next boot.
// Tolerates: half-copied files of an earlier try (made anew), files that are gone already, files
//   that place-files has moved on.
// Refuses: a file whose size or hash is not the manifest's (kPackageDamaged; PS-17).
// Rejected: copying straight over the targets (a crash leaves a mixed tree: PS-24), and trusting an
//   existing copy of the right size after a crash (its content may never have reached the disk).
class StageFiles final : public ActionOf<StageFilesImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return staged_folder(); }
  std::string sentence() const override {
    return "Copy " + std::to_string(given_.files.size()) + " files of the package to " +
           staged_folder();
  }
  std::string undo_sentence() const override { return "Delete the staged files"; }
  Effect effect() const override { return Effect::kFiles; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;

  std::string staged_folder() const;
  std::string staged_path(const StagedFile& file) const;
  // Returns true if the file went, or was not there; leaves and reports a file in use.
  bool remove(machine::Files& files, const StagedFile& file, UndoResult& result) const;
  machine::CopiedFile copy(machine::Machine& machine, const StagedFile& file) const;
};

}  // namespace actions::files
