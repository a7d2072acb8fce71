#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/action_of.h"
#include "actions/machine/files.h"
#include "actions/tasks/task_image.h"

namespace actions::files {

struct ArmRecoveryImages {
  static constexpr std::string_view kKind = "arm-recovery";

  struct Parameters {
    std::string source;  // the handler's own executable, a path of the host's file system
    std::string folder;  // on the machine; the copy is program_in(folder)
    std::string task;
    std::string task_xml;  // recovery_task_xml(program_in(folder))
    static void describe(auto& self, auto& visit) {
      visit.required("source", self.source);
      visit.required("folder", self.folder, Text::kAbsolute);
      visit.required("task", self.task);
      visit.required("task_xml", self.task_xml);
    }
  };
  struct Copy {
    std::string id;
    std::string sha256;
    bool readonly = false;
    static void describe(auto& self, auto& visit) {
      visit.required("id", self.id);
      visit.required("sha256", self.sha256, Text::kSha256);
      visit.required("readonly", self.readonly);
    }
  };
  struct Before {
    std::vector<std::string> folders;  // missing, outermost first
    std::string sha256;                // of the program to be copied
    std::optional<Copy> copy;          // the earlier copy
    tasks::TaskImage task;
    std::optional<Json> task_unread;  // the failure; the task is then left alone
    bool is_kept() const { return copy && copy->sha256 == sha256; }
    static void describe(auto& self, auto& visit) {
      visit.required("folders", self.folders, Text::kAbsolute);
      visit.required("sha256", self.sha256, Text::kSha256);
      visit.nullable("copy", self.copy);
      tasks::TaskImage::describe(self.task, visit);
      visit.optional("task_unread", self.task_unread);
    }
  };
  struct CopyLeft {
    std::string id;  // "" where somebody took it away at once
    std::string sha256;
    static void describe(auto& self, auto& visit) {
      visit.required("id", self.id, Text::kAny);
      visit.required("sha256", self.sha256, Text::kSha256);
    }
  };
  struct After {
    CopyLeft copy;
    tasks::TaskImage task;
    std::optional<Json> task_missing;  // why it is not registered
    static void describe(auto& self, auto& visit) {
      visit.required("copy", self.copy);
      tasks::TaskImage::describe(self.task, visit);
      visit.optional("task_missing", self.task_missing);
    }
  };
};

// Puts a copy of the handler on the machine and registers the task that runs it, so that an
// operation which nobody continues is recovered all the same: the VM Agent may delete the handler's
// folder without a call, and a VM without eBPF may be cut off from its host.
//
// Changes: makes missing folders, copies the program beside its place, hashed while copying and
//   synced, and renames it there; then it registers the task. It keeps an identical copy, and moves
//   an earlier copy aside by rename, where that stays until disarm_recovery. Everything is durable
//   when apply returns, the task too: the next step may end in a power cut.
// Saves first: the program's hash, the earlier copy's id, hash and read-only flag, the folders that
//   apply will make, the earlier task.
// After-image: the copy's id and hash; the task as read back.
// Undo: first the task, then the copy: ours goes, or the earlier copy comes back by rename. A copy
//   that runs (the program that undoes may be it) stays under another name until disarm_recovery.
//   Undo leaves and reports what somebody else put in the place of either.
// Tolerates: an end at any point, being run again, an earlier copy that runs, a Task Scheduler that
//   does not answer: the copy alone is then in place, and shortfall says so. An undo that it does
//   not answer leaves both.
// Refuses: a folder or link in the place of the copy, a copy that changed after the capture, a
//   program that changed after it.
// Rejected: running the handler from the package's folder (it may be deleted), and overwriting the
//   earlier copy (it may run; torn by a power cut, there would be none).
class ArmRecovery final : public ActionOf<ArmRecoveryImages> {
 public:
  using ActionOf::ActionOf;
  static std::string program_in(std::string_view folder);

  std::string target() const override { return given_.task; }
  std::string sentence() const override {
    return "Arm the recovery: copy the handler to " + program() + " and register task " +
           given_.task;
  }
  std::string undo_sentence() const override {
    return "Remove the task and the copy, or restore the earlier ones";
  }
  Effect effect() const override { return Effect::kRecovery; }
  std::optional<errors::Failure> shortfall(const Json& before, const Json& after) const override;

 private:
  enum class CopyFound {
    kUntouched,   // the earlier copy, or none as before
    kMovedAside,  // the earlier copy lies beside, nothing is in its place
    kPlaced,      // the program's bytes
    kForeign      // something else, or somebody deleted the earlier copy
  };

  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;

  std::string program() const { return program_in(given_.folder); }
  std::string incoming() const;                          // while copying, and on its way out
  std::string retained(const Images::Copy& copy) const;  // the earlier copy, beside
  tasks::TaskUndo task_undo(const Before& before, const AfterIfKnown& after) const;
  // Returns nullopt if the task is left alone, or cannot be read.
  std::optional<Probe> compare_task(Machine&, const Before&, const AfterIfKnown&) const;
  // Works on the task. Returns why that failed; nullopt: it did not.
  std::optional<Json> attempt_task(std::string_view doing, const std::function<void()>& work) const;
  CopyFound inspect(machine::Files& files, const Before& before) const;
  void place(machine::Machine& machine, const Before& before) const;
  void put_back(machine::Machine& machine, const Before& before, UndoResult& result) const;
};

// Removes what an operation does not need once it has settled: the task, then every copy in
// `folder`, then the folder if it is empty. Absent is success. Returns what runs or is in use and
// stays for the next disarm_recovery, a sentence each: one file beside the journal, which stays as
// well, where a deletion at the boot would keep other vendors' installers waiting for that boot.
// Where the task cannot be removed, the copies go and the folder stays, for the next call to try
// again; throws why.
std::vector<std::string> disarm_recovery(machine::Machine& machine, const std::string& folder,
                                         const std::string& task);

}  // namespace actions::files
