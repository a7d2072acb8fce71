#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/files.h"
#include "actions/tasks/task_image.h"

namespace actions {

// Puts a copy of the handler on the machine and registers the task that runs it, so that an
// operation which nobody continues is recovered all the same: the agent may delete the handler's
// folder without a call, and a VM without eBPF may be cut off from its host.
//
// Changes: makes missing folders, copies the program beside its place, hashed while copying and
//   synced, and renames it there; then the task. An identical copy is kept, an earlier one is moved
//   aside by rename and stays beside until disarm_recovery. Everything is durable when apply
//   returns, the task too: what comes next may end in a power cut.
// Saves first: the program's hash, the earlier copy's id, hash and read-only flag, the folders to
//   be made, the earlier task.
// After-image: the copy's id, hash and size; the task as read back.
// Undo: first the task, then the copy: ours goes, or the earlier one comes back by rename. A copy
//   that runs (it may be the one that undoes) is deleted at the next boot. What somebody else put
//   in the place of either is left and reported.
// Tolerates: an end at any point, being run again, an earlier copy that runs.
// Refuses: a folder or link in the place of the copy, a copy that changed after the capture, a
//   program that changed after it.
// Rejected: running the handler from the package's folder (it may be deleted), and overwriting the
//   earlier copy (it may run; torn by a power cut, there would be none).
class ArmRecovery final : public Action {
 public:
  // `source`: the handler's own executable, a path of the host's file system. `folder`: on the
  // machine; the copy is program_in(folder). `task_xml`: recovery_task_xml(program_in(folder)).
  ArmRecovery(std::string source, std::string folder, std::string task, std::string task_xml);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);
  static std::string program_in(std::string_view folder);

  std::string_view kind() const override { return "arm-recovery"; }
  std::string target() const override { return task_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  struct Copy {
    std::string id;
    std::string sha256;
    bool readonly = false;
  };
  struct Before {
    std::vector<std::string> folders;  // missing, outermost first
    std::string sha256;                // of the program to be copied
    std::optional<Copy> copy;
    bool is_kept() const { return copy && copy->sha256 == sha256; }
  };
  enum class CopyFound {
    kUntouched,   // the earlier one, or none as before
    kMovedAside,  // the earlier one lies beside, nothing is in its place
    kPlaced,      // the program's bytes
    kForeign      // something else, or the earlier one was deleted by somebody
  };

  std::string incoming() const;                  // while copying, and on its way out
  std::string retained(const Copy& copy) const;  // the earlier copy, beside
  Before read(const Json& before) const;
  TaskImage task_image(const Json& before, const Json& after) const;
  CopyFound look(machine::Files& files, const Before& before) const;
  void place(machine::Machine& machine, const Before& before) const;
  void put_back(machine::Machine& machine, const Before& before, UndoResult& result) const;

  std::string source_;
  std::string folder_;
  std::string task_;
  std::string task_xml_;
  std::string program_;
};

// What goes when an operation has settled: the task, then every copy in `folder`, then the folder
// if it is empty. A copy that runs goes at the next boot. Absent is success. Returns what waits for
// the boot, a sentence each.
std::vector<std::string> disarm_recovery(machine::Machine& machine, const std::string& folder,
                                         const std::string& task);

}  // namespace actions
