#include "actions/files/stage_files.h"

#include <algorithm>
#include <set>
#include <utility>

#include "actions/context.h"
#include "actions/deadline.h"
#include "actions/fields.h"
#include "actions/files/removal.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

std::set<std::string> names_in(machine::Files& files, const std::string& folder) {
  if (!files.stat(folder)) return {};
  const auto names = files.list(folder);
  return {names.begin(), names.end()};
}

}  // namespace

StageFiles::StageFiles(std::string payload_folder, std::string work_folder,
                       std::vector<StagedFile> files)
    : payload_folder_(std::move(payload_folder)),
      work_folder_(std::move(work_folder)),
      files_(std::move(files)) {}

std::unique_ptr<Action> StageFiles::from_parameters(const Json& parameters) {
  const Fields fields("parameters of stage-files", parameters);
  std::vector<StagedFile> files;
  for (const Fields& file : fields.objects("files")) {
    files.push_back({.source = file.relative("source"),
                     .name = file.name("name"),
                     .size = file.number("size"),
                     .sha256 = file.hash("sha256")});
  }
  return std::make_unique<StageFiles>(fields.text("payload_folder"), fields.absolute("work_folder"),
                                      std::move(files));
}

Json StageFiles::parameters() const {
  Json files = Json::array();
  for (const StagedFile& file : files_) {
    files.push_back({{"source", file.source},
                     {"name", file.name},
                     {"size", file.size},
                     {"sha256", file.sha256}});
  }
  return {{"payload_folder", payload_folder_}, {"work_folder", work_folder_}, {"files", files}};
}

std::string StageFiles::staged_folder() const { return machine::join(work_folder_, "staged"); }

std::string StageFiles::staged_path(const StagedFile& file) const {
  return machine::join(staged_folder(), file.name);
}

std::string StageFiles::target() const { return staged_folder(); }

std::string StageFiles::sentence() const {
  return "Copy " + std::to_string(files_.size()) + " files of the package to " + staged_folder();
}

std::string StageFiles::undo_sentence() const { return "Delete the staged files"; }

Json StageFiles::capture(machine::Machine& machine) const {
  return in_context("while looking at " + work_folder_, ExitCode::kCopyFile, [&]() -> Json {
    return {{"work_folder", machine.files().stat(work_folder_).has_value()}};
  });
}

machine::CopiedFile StageFiles::copy(machine::Machine& machine, const StagedFile& file) const {
  auto copied = machine.files().copy_in(payload_folder_ + "/" + file.source, staged_path(file));
  if (copied.size != file.size || copied.sha256 != file.sha256) {
    throw Failure(ExitCode::kPackageDamaged, file.source,
                  "stage " + file.source + ": it is not the file that the package lists (" +
                      std::to_string(copied.size) + " bytes, SHA-256 " + copied.sha256 +
                      "; listed are " + std::to_string(file.size) + " bytes, " + file.sha256 + ")");
  }
  return copied;
}

Json StageFiles::apply(machine::Machine& machine, const Json& /*before*/, Deadline deadline) const {
  return in_context("while staging the package's files", ExitCode::kCopyFile, [&]() -> Json {
    machine::Files& door = machine.files();
    in_context("while making " + staged_folder(), ExitCode::kCreateFolder, [&] {
      if (!door.stat(work_folder_)) door.create_folder(work_folder_);
      if (!door.stat(staged_folder())) door.create_folder(staged_folder());
    });
    const auto left_over = names_in(door, staged_folder());
    std::vector<std::string> durable{machine::parent(work_folder_), work_folder_, staged_folder()};
    Json ids = Json::object();
    for (const StagedFile& file : files_) {
      check_deadline(machine.system(), deadline, file.source, "copy all files of the package");
      if (left_over.contains(file.name)) door.remove(staged_path(file));
      ids[file.name] = copy(machine, file).id;
      durable.push_back(staged_path(file));
    }
    door.sync(durable);
    return {{"ids", ids}};
  });
}

bool StageFiles::remove(machine::Files& door, const StagedFile& file, UndoResult& result) const {
  try {
    door.remove(staged_path(file));
    return true;
  } catch (const Failure& failure) {
    if (!says_in_use(failure)) throw;
    result.foreign.push_back(staged_path(file) +
                             " is in use and is left; it goes with its folder, at the next boot");
    return false;
  }
}

UndoResult StageFiles::undo(machine::Machine& machine, const Json& before, const Json& /*after*/,
                            Deadline deadline) const {
  return in_context(
      "while deleting the staged files", ExitCode::kDeleteFolder, [&]() -> UndoResult {
        const bool keeps_work_folder =
            Fields("before-image of stage-files", before).flag("work_folder");
        machine::Files& door = machine.files();
        UndoResult result;
        const auto names = names_in(door, staged_folder());
        std::set<std::string> reported{staged_folder()};  // for its content
        for (const StagedFile& file : files_) {
          check_deadline(machine.system(), deadline, staged_path(file), "delete all staged files");
          if (names.contains(file.name) && !remove(door, file, result))
            reported.insert(staged_path(file));
        }
        for (const std::string& folder : {staged_folder(), work_folder_}) {
          if (!door.stat(folder) || (keeps_work_folder && folder == work_folder_)) continue;
          if (remove_empty_folder(door, folder)) continue;
          for (const std::string& name : door.list(folder)) {
            const std::string path = machine::join(folder, name);
            if (reported.contains(path)) continue;
            result.foreign.push_back(path + " was not put there by stage-files and is left");
          }
        }
        return result;
      });
}

Probe StageFiles::probe(machine::Machine& machine, const Json& before, const Json& after) const {
  return in_context("while looking at the staged files", ExitCode::kCopyFile, [&] {
    const bool had_work_folder = Fields("before-image of stage-files", before).flag("work_folder");
    machine::Files& door = machine.files();
    if (!door.stat(staged_folder())) {
      const bool has_work_folder = door.stat(work_folder_).has_value();
      return has_work_folder == had_work_folder ? Probe::kBefore : Probe::kBetween;
    }
    if (after.is_null()) return Probe::kBetween;  // whether all was written and synced is not known
    const Fields ids = Fields("after-image of stage-files", after).object("ids");
    auto names = names_in(door, staged_folder());
    Probe found = Probe::kAfter;
    for (const StagedFile& file : files_) {
      if (names.erase(file.name) == 0) {
        found = Probe::kBetween;
        continue;
      }
      const auto there = door.stat(staged_path(file));
      if (!there || there->id != ids.text(file.name.c_str())) return Probe::kForeign;
    }
    if (!names.empty()) return Probe::kForeign;
    return found;
  });
}

}  // namespace actions
