#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/files.h"

namespace actions::files {

class RetainedFolder;
class StoredNames;

struct PlacedFile {
  std::string path;    // relative to the install folder, '\' separated: "drivers\EbpfCore.sys"
  std::string staged;  // its name in the folder "staged", and later in "retained"
  std::string sha256;
  std::uint64_t size = 0;
  static void describe(auto& self, auto& visit) {
    visit.required("path", self.path, Text::kRelative);
    visit.required("staged", self.staged, Text::kFileName);
    visit.required("sha256", self.sha256, Text::kSha256);
    visit.required("size", self.size);
  }
};

struct PlaceFilesImages {
  static constexpr std::string_view kKind = "place-files";

  struct Parameters {
    std::string install_folder;
    std::string work_folder;
    std::vector<PlacedFile> files;
    static void describe(auto& self, auto& visit) {
      visit.required("install_folder", self.install_folder, Text::kAbsolute);
      visit.required("work_folder", self.work_folder, Text::kAbsolute);
      visit.required("files", self.files);
    }
  };
  struct Target {
    std::string name;  // with the case that it has on disk
    std::string id;
    std::string sha256;
    std::uint64_t size = 0;
    bool readonly = false;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name, Text::kFileName);
      visit.required("id", self.id);
      visit.required("sha256", self.sha256, Text::kSha256);
      visit.required("size", self.size);
      visit.required("readonly", self.readonly);
    }
  };
  struct BeforeFile {
    std::string path;  // the parameters'
    std::optional<Target> target;
    std::optional<std::string> staged;  // the staged file's id
    bool unchanged = false;             // the target has the wanted content already
    static void describe(auto& self, auto& visit) {
      visit.required("path", self.path);
      visit.nullable("target", self.target);
      visit.nullable("staged", self.staged);
      visit.required("unchanged", self.unchanged);
    }
  };
  struct Before {
    std::vector<std::string> folders;  // missing, outermost first
    std::vector<BeforeFile> files;     // in the order of the parameters
    bool nothing_to_do() const;
    static void describe(auto& self, auto& visit) {
      visit.required("folders", self.folders, Text::kAbsolute);
      visit.required("files", self.files);
    }
  };
  // What is there afterwards, unchanged files too: what on the machine is ours.
  struct AfterFile {
    std::string path;  // absolute
    std::string id;    // "" where the staged file was missing at the capture
    std::string sha256;
    std::uint64_t size = 0;
    static void describe(auto& self, auto& visit) {
      visit.required("path", self.path, Text::kAbsolute);
      visit.required("id", self.id, Text::kAny);
      visit.required("sha256", self.sha256, Text::kSha256);
      visit.required("size", self.size);
    }
  };
  struct After {
    std::vector<AfterFile> files;
    static void describe(auto& self, auto& visit) { visit.required("files", self.files); }
  };
};

// Swaps staged files into the install folder, file by file, by rename: the target to "retained",
// the staged one to its place. Nothing is copied, so doing and undoing cost renames, whatever the
// sizes; files in use are moved as well.
//
// Changes: makes missing folders, replaces or adds the files. It leaves a target that already has
//   the wanted hash.
// Saves first: per file the target's name as stored, id, hash, size and read-only flag, and the
//   staged file's id; the folders that apply will make. The same goes to "before.json" beside the
//   retained files, durable before the first rename.
// After-image: path, id, hash and size of each file, the unchanged ones too.
// Undo: decides file by file by what is there (FileFound below), puts the old file back, with its
//   name and read-only flag, and removes the folders that apply made if they are empty. Staged
//   files go back to "staged", for stage-files to delete. A target that is neither the old file nor
//   ours, by its id or by its bytes, is foreign: undo leaves and reports it, and the old file stays
//   in "retained". A target that somebody deleted before it was moved is foreign too. Undo makes
//   folders again that somebody removed meanwhile.
// Tolerates: an end at any point, being run again, a placed file deleted by somebody.
// Refuses: a target that is a folder or a link, or that was changed or deleted after the capture
//   (if it were placed, nothing could tell afterwards whether the old file was deleted or lost).
// Rejected: copying over the old file (fails for a file in use, tears in a power cut: PS-20,
//   PS-24), a backup copy (costs each byte once more), swapping whole folders (files of others live
//   in them).
class PlaceFiles final : public ActionOf<PlaceFilesImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.install_folder; }
  std::string sentence() const override {
    return "Put " + std::to_string(given_.files.size()) + " files into " + given_.install_folder;
  }
  std::string undo_sentence() const override {
    return "Put the earlier files back into " + given_.install_folder;
  }
  Effect effect() const override { return Effect::kFiles; }
  bool is_superseded(machine::Machine& machine, const Json& before,
                     const Json& after) const override;

 private:
  using BeforeFile = Images::BeforeFile;

  // What is there of one file: T the target, S the staged and R the retained file; each counts only
  // with the id that the before-image expects. "begun": before.json says that moves may have begun.
  enum class FileFound {
    kUntouched,   // T is the old file (by id, or by its bytes), or absent as before
    kMovedAside,  // no T, R there, S there
    kPlaced,      // T is the staged file (by id, or by its bytes)
    kDeleted,     // ours was placed and somebody deleted it: no T, no S, begun
    kForeign,     // T is another file, or somebody deleted the old one
    kLost         // no T, no S, and R, which must be there, is not
  };
  struct Seen {
    FileFound found = FileFound::kUntouched;
    bool target = false;    // something is there
    bool staged = false;    // the staged file is there
    bool retained = false;  // the old file is in "retained"
    bool retained_readonly = false;
    bool other_id = false;  // T has neither the old file's id nor the staged one's
  };

  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
  void check(const Before& before) const override;

  std::string target_path(const PlacedFile& file) const;
  std::string staged_path(const PlacedFile& file) const;
  BeforeFile find_file(machine::Files& files, StoredNames& names, const PlacedFile& file) const;
  Seen inspect(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
               bool begun) const;
  // The folders that must be there for putting back.
  std::vector<std::string> needed_folders(const std::vector<Seen>& all) const;
  void place(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
             const Seen& seen) const;
  void put_back(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
                const Seen& seen, UndoResult& result) const;
  void restore_retained(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
                        const Seen& seen) const;
  After after_image(const Before& before) const;
};

}  // namespace actions::files
