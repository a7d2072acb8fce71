#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/files.h"

namespace actions::files {

struct RemoveFilesImages {
  static constexpr std::string_view kKind = "remove-files";

  struct Parameters {
    std::string work_folder;           // apply makes it where it is missing
    std::vector<std::string> files;    // absolute
    std::vector<std::string> folders;  // absolute, innermost first
    static void describe(auto& self, auto& visit) {
      visit.required("work_folder", self.work_folder, Text::kAbsolute);
      visit.required("files", self.files, Text::kAbsolute);
      visit.required("folders", self.folders, Text::kAbsolute);
    }
  };
  struct Target {
    std::string id;
    std::uint64_t size = 0;
    bool readonly = false;
    static void describe(auto& self, auto& visit) {
      visit.required("id", self.id);
      visit.required("size", self.size);
      visit.required("readonly", self.readonly);
    }
  };
  struct BeforeFile {
    std::string path;  // with the case that the name has on disk
    std::optional<Target> target;
    std::string retained;  // its name in "retained"; with a target only
    static void describe(auto& self, auto& visit) {
      visit.required("path", self.path, Text::kAbsolute);
      visit.nullable("target", self.target);
      if (self.target) visit.required("retained", self.retained, Text::kFileName);
    }
  };
  struct Before {
    bool work_folder = false;          // was there
    std::vector<std::string> folders;  // that were there, innermost first
    std::vector<BeforeFile> files;
    bool nothing_to_do() const;
    static void describe(auto& self, auto& visit) {
      visit.required("work_folder", self.work_folder);
      visit.required("folders", self.folders, Text::kAbsolute);
      visit.required("files", self.files);
    }
  };
  struct After {
    // Files that are not the captured ones any more, and folders that are not empty.
    std::vector<std::string> left;
    // Files that were gone when their turn came. An older program did not write it.
    std::optional<std::vector<std::string>> gone;
    static void describe(auto& self, auto& visit) {
      visit.required("left", self.left, Text::kAny);
      visit.optional("gone", self.gone, Text::kAny);
    }
  };
};

// Takes files away, and the folders that become empty by it. It does not delete a file but moves it
// to the transaction's folder "retained", which goes when the operation settles; so undo is exact
// and costs renames, and files in use go as well.
//
// Changes: moves each file that is there; removes each of the given folders that is empty then.
// Saves first: per file its name as stored, id and read-only flag; which folders are there; the
//   same in "before.json" (retained_folder.h), durable before the first rename.
// After-image: what apply left, and which files were gone when their turn came.
// Undo: makes the removed folders again, and those that somebody else removed, and moves the files
//   back. A target whose place somebody else took meanwhile is foreign: undo leaves and reports it,
//   and ours stays in "retained". A file in neither place is foreign too, unless it is known that
//   apply moved it. Access rights that were set on a removed folder itself do not come back.
// Tolerates: files and folders that are absent (a valid state to delete: PS-46), an end at any
//   point, being run again.
// Refuses: a folder or a link in the place of a file.
// Rejected: deleting and restoring from a copy (costs each byte, changes the file ids), deleting
//   whole folders (PS-20).
class RemoveFiles final : public ActionOf<RemoveFilesImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override;
  std::string sentence() const override {
    return "Remove " + std::to_string(given_.files.size()) + " files in " + target();
  }
  std::string undo_sentence() const override { return "Put the removed files back"; }
  Effect effect() const override { return Effect::kFiles; }
  bool deletes() const override { return true; }

 private:
  using BeforeFile = Images::BeforeFile;

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

  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
  void check(const Before& before) const override;

  Seen inspect(machine::Files& files, const BeforeFile& file, bool begun) const;
  std::vector<Seen> inspect_all(machine::Machine& machine, const Before& before,
                                const AfterIfKnown& after, bool begun, Deadline deadline) const;
  void put_back(machine::Files& files, const BeforeFile& file, const Seen& seen,
                UndoResult& result) const;
};

}  // namespace actions::files
