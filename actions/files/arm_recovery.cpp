#include "actions/files/arm_recovery.h"

#include <array>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/files/made_folders.h"
#include "actions/files/removal.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::Files;
using machine::ScheduledTask;

constexpr std::string_view kProgram = "ebpf-handler.exe";
constexpr std::string_view kGone = ".gone-";
constexpr std::size_t kHashInName = 12;

// False: it runs, and goes at the next boot; until then under a name that nobody takes again, for
// what is queued is a path, whatever is there by then.
bool remove_or_queue(machine::Machine& machine, const std::string& path) {
  Files& files = machine.files();
  const auto there = files.stat(path);
  if (!there || remove_unless_in_use(files, path, there->readonly)) return true;
  std::string gone = path;
  if (path.find(kGone) == std::string::npos) {
    gone.append(kGone).append(std::to_string(machine.system().utc_ms()));
    files.rename(path, gone);
  }
  files.remove_at_boot(gone);
  return false;
}

}  // namespace

ArmRecovery::ArmRecovery(std::string source, std::string folder, std::string task,
                         std::string task_xml)
    : source_(std::move(source)),
      folder_(std::move(folder)),
      task_(std::move(task)),
      task_xml_(std::move(task_xml)),
      program_(program_in(folder_)) {}

std::unique_ptr<Action> ArmRecovery::from_parameters(const Json& parameters) {
  const Fields fields("parameters of arm-recovery", parameters);
  return std::make_unique<ArmRecovery>(fields.text("source"), fields.absolute("folder"),
                                       fields.text("task"), fields.text("task_xml"));
}

std::string ArmRecovery::program_in(std::string_view folder) {
  return machine::join(folder, kProgram);
}

std::string ArmRecovery::incoming() const { return program_ + ".new"; }

std::string ArmRecovery::retained(const Copy& copy) const {
  return program_ + ".earlier-" + copy.sha256.substr(0, kHashInName);
}

Json ArmRecovery::parameters() const {
  return {{"source", source_}, {"folder", folder_}, {"task", task_}, {"task_xml", task_xml_}};
}

std::string ArmRecovery::sentence() const {
  return "Arm the recovery: copy the handler to " + program_ + " and register task " + task_;
}

std::string ArmRecovery::undo_sentence() const {
  return "Remove the task and the copy, or restore the earlier ones";
}

Json ArmRecovery::capture(machine::Machine& machine) const {
  return in_context("while looking at " + program_, ExitCode::kCopyFile, [&]() -> Json {
    Files& files = machine.files();
    Json copy;
    if (const auto there = files.stat(program_)) {
      if (there->kind != machine::FileKind::kFile) {
        throw Failure(ExitCode::kCopyFile, program_,
                      "replace " + program_ + ": it is a folder or a link, not a file");
      }
      copy = {{"id", there->id}, {"sha256", files.sha256(program_)}, {"readonly", there->readonly}};
    }
    return {{"folders", missing_folders(files, {folder_})},
            {"sha256", machine.host().sha256(source_)},
            {"copy", copy},
            {"task", TaskImage::of(machine, task_)}};
  });
}

ArmRecovery::Before ArmRecovery::read(const Json& json) const {
  const Fields fields("before-image of arm-recovery", json);
  Before before{fields.absolutes("folders"), fields.hash("sha256"), std::nullopt};
  if (fields.has("copy")) {
    const Fields copy = fields.object("copy");
    before.copy = Copy{copy.text("id"), copy.hash("sha256"), copy.flag("readonly")};
  }
  return before;
}

TaskImage ArmRecovery::task_image(const Json& before, const Json& after) const {
  std::optional<std::optional<ScheduledTask>> left;
  if (!after.is_null()) left = TaskImage::read({"after-image of arm-recovery", after}, "task");
  return {task_, TaskImage::read({"before-image of arm-recovery", before}, "task"), left};
}

ArmRecovery::CopyFound ArmRecovery::look(Files& files, const Before& before) const {
  using enum CopyFound;
  const auto there = files.stat(program_);
  if (!there) {
    if (!before.copy) return kUntouched;
    const auto aside = files.stat(retained(*before.copy));
    return aside && aside->id == before.copy->id ? kMovedAside : kForeign;
  }
  if (before.copy && there->id == before.copy->id) return kUntouched;
  if (there->kind != machine::FileKind::kFile) return kForeign;
  return files.sha256(program_) == before.sha256 ? kPlaced : kForeign;
}

void ArmRecovery::place(machine::Machine& machine, const Before& before) const {
  Files& files = machine.files();
  const CopyFound found = look(files, before);
  if (found == CopyFound::kForeign) {
    throw Failure(ExitCode::kCopyFile, program_,
                  "replace " + program_ + ": somebody changed or deleted it meanwhile");
  }
  make_folders(files, before.folders);
  if (found != CopyFound::kPlaced) {
    if (files.stat(incoming())) files.remove(incoming());
    const auto copied = files.copy_in(source_, incoming());
    if (copied.sha256 != before.sha256) {
      throw Failure(ExitCode::kPackageDamaged, source_,
                    "copy " + source_ + ": it changed since it was looked at");
    }
    const std::array<std::string, 1> content{incoming()};
    files.sync(content);
    if (found == CopyFound::kUntouched && before.copy) {
      remove_or_queue(machine, retained(*before.copy));  // of an operation that has settled
      files.rename(program_, retained(*before.copy));
    }
    files.rename(incoming(), program_);
  }
}

Json ArmRecovery::apply(machine::Machine& machine, const Json& before_image,
                        Deadline /*deadline*/) const {
  Files& files = machine.files();
  Json copy;
  in_context("while copying the handler to " + program_, ExitCode::kCopyFile, [&] {
    const Before before = read(before_image);
    if (!before.is_kept()) place(machine, before);
    const auto there = files.stat(program_);
    copy = {{"id", there ? there->id : ""}, {"sha256", before.sha256}};
  });
  return in_context("while registering task " + task_, ExitCode::kCreateTask, [&]() -> Json {
    const Json task = put_task(machine, task_, task_xml_, true);
    machine.system().flush();
    return {{"copy", copy}, {"task", task}};
  });
}

void ArmRecovery::put_back(machine::Machine& machine, const Before& before,
                           UndoResult& result) const {
  Files& files = machine.files();
  const CopyFound found = look(files, before);
  bool all_gone = remove_or_queue(machine, incoming());
  if (found == CopyFound::kForeign) {
    result.foreign.push_back(program_ + " is neither the earlier copy nor the one put there; left");
  }
  const bool goes = found == CopyFound::kPlaced;
  if (goes && !remove_or_queue(machine, program_)) all_gone = false;
  if (before.copy && (goes || found == CopyFound::kMovedAside)) {
    const auto aside = files.stat(retained(*before.copy));
    if (aside && aside->id == before.copy->id) files.rename(retained(*before.copy), program_);
  }
  if (all_gone) {
    remove_made_folders(files, before.folders, result);
  } else {
    for (auto folder = before.folders.rbegin(); folder != before.folders.rend(); ++folder)
      files.remove_at_boot(*folder);
  }
}

UndoResult ArmRecovery::undo(machine::Machine& machine, const Json& before_image, const Json& after,
                             Deadline /*deadline*/) const {
  UndoResult result;
  in_context("while taking back task " + task_, ExitCode::kDeleteTask,
             [&] { task_image(before_image, after).restore(machine, result); });
  in_context("while taking back the copy " + program_, ExitCode::kCopyFile, [&] {
    const Before before = read(before_image);
    if (!before.is_kept()) put_back(machine, before, result);
  });
  return result;
}

Probe ArmRecovery::probe(machine::Machine& machine, const Json& before_image,
                         const Json& after) const {
  return in_context("while looking at " + program_, ExitCode::kCopyFile, [&] {
    const Before before = read(before_image);
    const CopyFound found = look(machine.files(), before);
    const Probe task = task_image(before_image, after).probe(machine);
    if (found == CopyFound::kForeign || task == Probe::kForeign) return Probe::kForeign;
    const bool copy_before = found == CopyFound::kUntouched && !machine.files().stat(incoming());
    const bool copy_after = found == CopyFound::kPlaced || (copy_before && before.is_kept());
    if (copy_after && task == Probe::kAfter) return Probe::kAfter;
    return copy_before && task == Probe::kBefore ? Probe::kBefore : Probe::kBetween;
  });
}

std::vector<std::string> disarm_recovery(machine::Machine& machine, const std::string& folder,
                                         const std::string& task) {
  std::vector<std::string> waiting;
  in_context("while removing task " + task, ExitCode::kDeleteTask,
             [&] { machine.tasks().remove(task); });
  in_context("while removing the recovery's copy", ExitCode::kDeleteFolder, [&] {
    Files& files = machine.files();
    if (!files.stat(folder)) return;
    bool others = false;
    for (const std::string& name : files.list(folder)) {
      const std::string path = machine::join(folder, name);
      if (!machine::fold_case(name).starts_with(kProgram)) {
        others = true;
      } else if (!remove_or_queue(machine, path)) {
        waiting.push_back(path + " runs and is deleted at the next boot");
      }
    }
    if (others || (waiting.empty() && remove_empty_folder(files, folder))) return;
    files.remove_at_boot(folder);
    if (waiting.empty()) waiting.push_back(folder + " is in use and is deleted at the next boot");
  });
  return waiting;
}

}  // namespace actions
