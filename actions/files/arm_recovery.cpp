#include "actions/files/arm_recovery.h"

#include <array>
#include <utility>

#include "actions/best_effort.h"
#include "actions/files/made_folders.h"
#include "actions/files/removal.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace actions::files {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::Files;

constexpr std::string_view kProgram = "ebpf-handler.exe";
constexpr std::size_t kHashInName = 12;

// Returns false if the file runs: it is put aside, under a name that nobody takes, until
// disarm_recovery.
bool remove_or_put_aside(machine::Machine& machine, const std::string& path) {
  Files& files = machine.files();
  const auto there = files.stat(path);
  if (!there || remove_unless_in_use(files, path, there->readonly)) return true;
  files.rename(path, path + ".gone-" + std::to_string(machine.system().utc_ms()));
  return false;
}

}  // namespace

std::string ArmRecovery::program_in(std::string_view folder) {
  return machine::join(folder, kProgram);
}

std::string ArmRecovery::incoming() const { return program() + ".new"; }

std::string ArmRecovery::retained(const Images::Copy& copy) const {
  return program() + ".earlier-" + copy.sha256.substr(0, kHashInName);
}

// Two objects, and so two contexts of their own in apply and undo.
Contexts ArmRecovery::contexts() const {
  const Context none{"", ExitCode::kCopyFile};
  return {.capture = {"while looking at " + program(), ExitCode::kCopyFile},
          .apply = none,
          .undo = none};
}

ArmRecovery::Before ArmRecovery::find(Machine& machine) const {
  Files& files = machine.files();
  Before before;
  if (const auto there = files.stat(program())) {
    if (there->kind != machine::FileKind::kFile) {
      throw Failure(ExitCode::kCopyFile, program(),
                    "replace " + program() + ": it is a folder or a link, not a file");
    }
    before.copy = {there->id, files.sha256(program()), there->readonly};
  }
  before.folders = missing_folders(files, {given_.folder});
  before.sha256 = machine.host().sha256(given_.source);
  before.task_unread =
      attempt_task("looking at", [&] { before.task = {machine.tasks().get(given_.task)}; });
  return before;
}

tasks::TaskUndo ArmRecovery::task_undo(const Before& before, const AfterIfKnown& after) const {
  const bool is_known = after && !after->task_missing;
  return {given_.task, before.task, is_known ? std::optional(after->task) : std::nullopt};
}

std::optional<Json> ArmRecovery::attempt_task(std::string_view doing,
                                              const std::function<void()>& work) const {
  const std::string phrase =
      "while " + std::string(doing) + " task " + given_.task +
      ", without which nobody but the VM Agent would recover what is cut short";
  const auto failure = errors::failure_in([&] { in_context(phrase, ExitCode::kCreateTask, work); });
  return failure ? std::optional(failure->to_json()) : std::nullopt;
}

std::optional<Failure> ArmRecovery::shortfall(const Json& /*before*/, const Json& after) const {
  const After left = read_after(after);
  if (!left.task_missing) return std::nullopt;
  return Failure::from_json(*left.task_missing);
}

ArmRecovery::CopyFound ArmRecovery::inspect(Files& files, const Before& before) const {
  using enum CopyFound;
  const auto there = files.stat(program());
  if (!there) {
    if (!before.copy) return kUntouched;
    const auto aside = files.stat(retained(*before.copy));
    return aside && aside->id == before.copy->id ? kMovedAside : kForeign;
  }
  if (before.copy && there->id == before.copy->id) return kUntouched;
  if (there->kind != machine::FileKind::kFile) return kForeign;
  return files.sha256(program()) == before.sha256 ? kPlaced : kForeign;
}

void ArmRecovery::place(machine::Machine& machine, const Before& before) const {
  Files& files = machine.files();
  const CopyFound found = inspect(files, before);
  if (found == CopyFound::kForeign) {
    throw Failure(ExitCode::kCopyFile, program(),
                  "replace " + program() + ": somebody changed or deleted it meanwhile");
  }
  make_folders(files, before.folders);
  if (found != CopyFound::kPlaced) {
    if (files.stat(incoming())) files.remove(incoming());
    const auto copied = files.copy_in(given_.source, incoming());
    if (copied.sha256 != before.sha256) {
      throw Failure(ExitCode::kPackageDamaged, given_.source,
                    "copy " + given_.source + ": it changed since it was looked at");
    }
    const std::array<std::string, 1> content{incoming()};
    files.sync(content);
    if (found == CopyFound::kUntouched && before.copy) {
      remove_or_put_aside(machine, retained(*before.copy));  // of an operation that has settled
      files.rename(program(), retained(*before.copy));
    }
    files.rename(incoming(), program());
  }
}

ArmRecovery::After ArmRecovery::change(Machine& machine, const Before& before, Deadline) const {
  After after;
  in_context("while copying the handler to " + program(), ExitCode::kCopyFile, [&] {
    if (!before.is_kept()) place(machine, before);
    const auto there = machine.files().stat(program());
    after.copy = {there ? there->id : "", before.sha256};
  });
  after.task_missing = before.task_unread;
  if (!before.task_unread) {
    after.task_missing = attempt_task("registering", [&] {
      after.task = tasks::put_task(machine, given_.task, given_.task_xml, true);
    });
  }
  in_context("while making the recovery copy durable", ExitCode::kCopyFile,
             [&] { machine.system().flush(); });
  return after;
}

void ArmRecovery::put_back(machine::Machine& machine, const Before& before,
                           UndoResult& result) const {
  Files& files = machine.files();
  const CopyFound found = inspect(files, before);
  bool all_gone = remove_or_put_aside(machine, incoming());
  if (found == CopyFound::kForeign) {
    result.foreign.push_back(program() +
                             " is neither the earlier copy nor the one put there; left");
  }
  const bool goes = found == CopyFound::kPlaced;
  if (goes && !remove_or_put_aside(machine, program())) all_gone = false;
  if (before.copy && (goes || found == CopyFound::kMovedAside)) {
    const auto aside = files.stat(retained(*before.copy));
    if (aside && aside->id == before.copy->id) files.rename(retained(*before.copy), program());
  }
  if (all_gone) remove_made_folders(files, before.folders, result);
}

UndoResult ArmRecovery::take_back(Machine& machine, const Before& before, const AfterIfKnown& after,
                                  Deadline) const {
  UndoResult result;
  if (!before.task_unread) {
    const auto failure = errors::failure_in([&] {
      in_context("while taking back task " + given_.task, ExitCode::kDeleteTask,
                 [&] { task_undo(before, after).restore(machine, result); });
    });
    if (failure) {
      result.foreign.push_back(failure->message() + "; it is left with the copy that it runs");
      return result;
    }
  }
  in_context("while taking back the copy " + program(), ExitCode::kCopyFile, [&] {
    if (!before.is_kept()) put_back(machine, before, result);
  });
  return result;
}

std::optional<Probe> ArmRecovery::compare_task(Machine& machine, const Before& before,
                                               const AfterIfKnown& after) const {
  if (before.task_unread) return std::nullopt;
  return if_readable([&] { return task_undo(before, after).probe(machine); });
}

Probe ArmRecovery::compare(Machine& machine, const Before& before,
                           const AfterIfKnown& after) const {
  const CopyFound found = inspect(machine.files(), before);
  const auto task = compare_task(machine, before, after);
  if (found == CopyFound::kForeign || task == Probe::kForeign) return Probe::kForeign;
  const bool copy_before = found == CopyFound::kUntouched && !machine.files().stat(incoming());
  const bool copy_after = found == CopyFound::kPlaced || (copy_before && before.is_kept());
  const bool is_before = copy_before && task.value_or(Probe::kBefore) == Probe::kBefore;
  const bool is_after = copy_after && task.value_or(Probe::kAfter) == Probe::kAfter;
  if (is_after && (after || !is_before)) return Probe::kAfter;
  return is_before ? Probe::kBefore : Probe::kBetween;
}

std::vector<std::string> disarm_recovery(machine::Machine& machine, const std::string& folder,
                                         const std::string& task) {
  std::vector<std::string> left;
  const auto task_left = errors::failure_in([&] {
    in_context("while removing task " + task, ExitCode::kDeleteTask,
               [&] { machine.tasks().remove(task); });
  });
  in_context("while removing the recovery's copy", ExitCode::kDeleteFolder, [&] {
    Files& files = machine.files();
    if (!files.stat(folder)) return;
    bool others = false;
    for (const std::string& name : files.list(folder)) {
      const std::string path = machine::join(folder, name);
      const auto there = files.stat(path);
      if (!machine::fold_case(name).starts_with(kProgram)) {
        others = true;
      } else if (there && !remove_unless_in_use(files, path, there->readonly)) {
        left.push_back(path + " runs, and stays until the next command of eBPF deletes it");
      }
    }
    if (others || task_left) return;
    if (left.empty() && !remove_empty_folder(files, folder))
      left.push_back(folder + " is in use, and stays until the next command of eBPF deletes it");
  });
  if (task_left) throw Failure(*task_left);
  return left;
}

}  // namespace actions::files
