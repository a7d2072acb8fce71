#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/files.h"

namespace actions::files {

class RetainedFolder;

// An installation that is not ours: what its own uninstall takes away.
struct Installation {
  std::string folder;  // with all that is in it, whoever put it there
  std::vector<std::string> services;
  std::vector<std::string> tasks;
  std::string netsh_helper;  // the DLL
  static void describe(auto& self, auto& visit) {
    visit.required("folder", self.folder, Text::kAbsolute);
    visit.required("services", self.services, Text::kAny);
    visit.required("tasks", self.tasks, Text::kAny);
    visit.required("netsh_helper", self.netsh_helper, Text::kAbsolute);
  }
};

struct PreserveInstallationImages {
  static constexpr std::string_view kKind = "preserve-installation";

  struct Parameters {
    std::string work_folder;
    Installation installation;
    static void describe(auto& self, auto& visit) {
      visit.required("work_folder", self.work_folder, Text::kAbsolute);
      Installation::describe(self.installation, visit);
    }
  };
  struct KeptFile {
    std::string path;
    std::string copy;  // its name in "retained"
    std::string id;
    std::string sha256;
    std::uint64_t size = 0;
    bool readonly = false;
    static void describe(auto& self, auto& visit) {
      visit.required("path", self.path, Text::kAbsolute);
      visit.required("copy", self.copy, Text::kFileName);
      visit.required("id", self.id);
      visit.required("sha256", self.sha256, Text::kSha256);
      visit.required("size", self.size);
      visit.required("readonly", self.readonly);
    }
  };
  // What the removal of a registration (unregister-..., remove-from-path) would have captured.
  struct Registration {
    std::string kind;
    std::string target;
    Json before;
    std::optional<Json> unread;  // the failure; undo then leaves it alone
    static void describe(auto& self, auto& visit) {
      visit.required("kind", self.kind);
      visit.required("target", self.target);
      visit.required("before", self.before);
      visit.optional("unread", self.unread);
    }
  };
  struct Before {
    bool work_folder = false;          // was there
    std::vector<std::string> folders;  // outermost first
    std::vector<std::string> links;    // are not kept
    std::vector<KeptFile> files;
    std::vector<Registration> registrations;  // in the order of PreserveInstallation::removals
    bool has_folder() const { return !folders.empty(); }
    static void describe(auto& self, auto& visit) {
      visit.required("work_folder", self.work_folder);
      visit.required("folders", self.folders, Text::kAbsolute);
      visit.required("links", self.links, Text::kAbsolute);
      visit.required("files", self.files);
      visit.required("registrations", self.registrations);
    }
  };
  struct After {
    std::uint64_t files = 0;  // how many were kept
    static void describe(auto& self, auto& visit) { visit.required("files", self.files); }
  };
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
//   and differs is foreign: undo leaves and reports it, and keeps the copy of such a file too. It
//   deletes the copies of files that are there. It starts nothing. Registrations come back as the
//   undo of their removal (unregister-..., remove-from-path) brings them back.
// Tolerates: an installation without a folder, an end at any point, being run again, a Task
//   Scheduler that does not answer: shortfall, or undo, names the task that is not put back.
// Refuses: a file that changes while it is copied, a folder beyond FileTree's bounds. The
//   before-image names the links below the folder, and they are not kept.
// Rejected: keeping only the files that eBPF has (nobody knows which these are in an unknown
//   version; the predecessor deletes the folder with what others put there: PS-20, PS-55), and
//   renaming the folder (it is in use, and the uninstall must find it).
class PreserveInstallation final : public ActionOf<PreserveInstallationImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.installation.folder; }
  std::string sentence() const override;
  std::string undo_sentence() const override {
    return "Put back what is missing of its files and registrations";
  }
  std::optional<errors::Failure> shortfall(const Json& before, const Json& after) const override;

 private:
  using KeptFile = Images::KeptFile;
  struct Removal;
  enum class FileFound {
    kIntact,   // as captured, or put back
    kMissing,  // and its copy is there, whole
    kForeign,  // another file is there, or nobody kept this one
    kLost      // missing, and so is its copy
  };

  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
  void check(const Before& before) const override;

  // What would have removed the registrations; the undo of these puts the registrations back.
  std::vector<Removal> removals() const;
  static Images::Registration look_at(Machine& machine, const Removal& removal);
  void keep(machine::Files& files, const RetainedFolder& retained, const KeptFile& file) const;
  FileFound inspect(machine::Files& files, const RetainedFolder& retained, const KeptFile& file,
                    bool all_kept) const;
  void put_back(machine::Files& files, const RetainedFolder& retained, const KeptFile& file,
                FileFound found, UndoResult& result) const;
  void put_files_back(machine::Files& files, const Before& before, bool all_kept,
                      UndoResult& result) const;
};

}  // namespace actions::files
