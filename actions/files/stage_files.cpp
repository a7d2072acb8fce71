#include "actions/files/stage_files.h"

#include <set>

#include "actions/deadline.h"
#include "actions/files/removal.h"
#include "actions/machine/paths.h"

namespace actions::files {
namespace {

using errors::ExitCode;
using errors::Failure;

std::set<std::string> names_in(machine::Files& files, const std::string& folder) {
  if (!files.stat(folder)) return {};
  const auto names = files.list(folder);
  return {names.begin(), names.end()};
}

}  // namespace

std::string StageFiles::staged_folder() const {
  return machine::join(given_.work_folder, "staged");
}

std::string StageFiles::staged_path(const StagedFile& file) const {
  return machine::join(staged_folder(), file.name);
}

Contexts StageFiles::contexts() const {
  return {.capture = {"while looking at " + given_.work_folder, ExitCode::kCopyFile},
          .apply = {"while staging the package's files", ExitCode::kCopyFile},
          .undo = {"while deleting the staged files", ExitCode::kDeleteFolder},
          .probe = Context{"while looking at the staged files", ExitCode::kCopyFile}};
}

StageFiles::Before StageFiles::find(Machine& machine) const {
  return {machine.files().stat(given_.work_folder).has_value()};
}

machine::CopiedFile StageFiles::copy(machine::Machine& machine, const StagedFile& file) const {
  auto copied =
      machine.files().copy_in(given_.payload_folder + "/" + file.source, staged_path(file));
  if (copied.size != file.size || copied.sha256 != file.sha256) {
    throw Failure(ExitCode::kPackageDamaged, file.source,
                  "stage " + file.source + ": it is not the file that the package lists (" +
                      std::to_string(copied.size) + " bytes, SHA-256 " + copied.sha256 +
                      "; listed are " + std::to_string(file.size) + " bytes, " + file.sha256 + ")");
  }
  return copied;
}

StageFiles::After StageFiles::change(Machine& machine, const Before&, Deadline deadline) const {
  machine::Files& files = machine.files();
  const std::string& work_folder = given_.work_folder;
  in_context("while making " + staged_folder(), ExitCode::kCreateFolder, [&] {
    if (!files.stat(work_folder)) files.create_folder(work_folder);
    if (!files.stat(staged_folder())) files.create_folder(staged_folder());
  });
  const auto left_over = names_in(files, staged_folder());
  std::vector<std::string> durable{machine::parent(work_folder), work_folder, staged_folder()};
  After after;
  for (const StagedFile& file : given_.files) {
    check_deadline(machine.system(), deadline, file.source, "copy all files of the package");
    if (left_over.contains(file.name)) files.remove(staged_path(file));
    after.ids[file.name] = copy(machine, file).id;
    durable.push_back(staged_path(file));
  }
  files.sync(durable);
  return after;
}

bool StageFiles::remove(machine::Files& files, const StagedFile& file, UndoResult& result) const {
  try {
    files.remove(staged_path(file));
    return true;
  } catch (const Failure& failure) {
    if (!says_in_use(failure)) throw;
    result.foreign.push_back(staged_path(file) +
                             " is in use and is left; it goes with its folder, at the next boot");
    return false;
  }
}

UndoResult StageFiles::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                 Deadline deadline) const {
  machine::Files& files = machine.files();
  UndoResult result;
  const auto names = names_in(files, staged_folder());
  std::set<std::string> reported{staged_folder()};  // for its content
  for (const StagedFile& file : given_.files) {
    check_deadline(machine.system(), deadline, staged_path(file), "delete all staged files");
    if (names.contains(file.name) && !remove(files, file, result))
      reported.insert(staged_path(file));
  }
  for (const std::string& folder : {staged_folder(), given_.work_folder}) {
    const bool is_kept = before.work_folder && folder == given_.work_folder;
    if (!files.stat(folder) || is_kept || remove_empty_folder(files, folder)) continue;
    for (const std::string& name : files.list(folder)) {
      const std::string path = machine::join(folder, name);
      if (reported.contains(path)) continue;
      result.foreign.push_back(path + " was not put there by stage-files and is left");
    }
  }
  return result;
}

Probe StageFiles::compare(Machine& machine, const Before& before, const AfterIfKnown& after) const {
  machine::Files& files = machine.files();
  if (!files.stat(staged_folder())) {
    const bool has_work_folder = files.stat(given_.work_folder).has_value();
    return has_work_folder == before.work_folder ? Probe::kBefore : Probe::kBetween;
  }
  if (!after) return Probe::kBetween;  // nobody knows whether all was written and synced
  auto names = names_in(files, staged_folder());
  Probe found = Probe::kAfter;
  for (const StagedFile& file : given_.files) {
    if (names.erase(file.name) == 0) {
      found = Probe::kBetween;
      continue;
    }
    const auto there = files.stat(staged_path(file));
    const auto id = after->ids.find(file.name);
    if (id == after->ids.end())
      throw_damaged("after-image of stage-files, \"ids\"", file.name, "it is missing");
    if (!there || there->id != id->second) return Probe::kForeign;
  }
  if (!names.empty()) return Probe::kForeign;
  return found;
}

}  // namespace actions::files
