#include "actions/files/place_files.h"

#include <algorithm>
#include <utility>

#include "actions/context.h"
#include "actions/deadline.h"
#include "actions/fields.h"
#include "actions/files/folder_set.h"
#include "actions/files/made_folders.h"
#include "actions/files/retained_folder.h"
#include "actions/files/stored_names.h"
#include "actions/machine/paths.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

}  // namespace

PlaceFiles::PlaceFiles(std::string install_folder, std::string work_folder,
                       std::vector<PlacedFile> files)
    : install_folder_(std::move(install_folder)),
      work_folder_(std::move(work_folder)),
      files_(std::move(files)) {}

std::unique_ptr<Action> PlaceFiles::from_parameters(const Json& parameters) {
  const Fields fields("parameters of place-files", parameters);
  std::vector<PlacedFile> files;
  for (const Fields& file : fields.objects("files")) {
    files.push_back({.path = file.relative("path"),
                     .staged = file.name("staged"),
                     .sha256 = file.hash("sha256"),
                     .size = file.number("size")});
  }
  return std::make_unique<PlaceFiles>(fields.absolute("install_folder"),
                                      fields.absolute("work_folder"), std::move(files));
}

Json PlaceFiles::parameters() const {
  Json files = Json::array();
  for (const PlacedFile& file : files_) {
    files.push_back({{"path", file.path},
                     {"staged", file.staged},
                     {"sha256", file.sha256},
                     {"size", file.size}});
  }
  return {{"install_folder", install_folder_}, {"work_folder", work_folder_}, {"files", files}};
}

std::string PlaceFiles::target() const { return install_folder_; }

std::string PlaceFiles::sentence() const {
  return "Put " + std::to_string(files_.size()) + " files into " + install_folder_;
}

std::string PlaceFiles::undo_sentence() const {
  return "Put the earlier files back into " + install_folder_;
}

std::string PlaceFiles::target_path(const PlacedFile& file) const {
  return machine::join(install_folder_, file.path);
}

std::string PlaceFiles::staged_path(const PlacedFile& file) const {
  return machine::join(machine::join(work_folder_, "staged"), file.staged);
}

bool PlaceFiles::Before::nothing_to_do() const {
  return std::all_of(files.begin(), files.end(),
                     [](const BeforeFile& file) { return file.unchanged; });
}

Json PlaceFiles::capture_file(machine::Files& door, StoredNames& names,
                              const PlacedFile& file) const {
  const std::string path = target_path(file);
  const auto staged = door.stat(staged_path(file));
  Json image{{"path", file.path}, {"target", nullptr}, {"staged", nullptr}, {"unchanged", false}};
  if (staged) image["staged"] = staged->id;
  const auto there = door.stat(path);
  if (!there) return image;
  if (there->kind != machine::FileKind::kFile) {
    throw Failure(ExitCode::kCopyFile, path,
                  "replace " + path + ": it is a folder or a link, not a file");
  }
  const std::string sha256 = door.sha256(path);
  image["target"] = {{"name", names.of(path)},
                     {"id", there->id},
                     {"sha256", sha256},
                     {"size", there->size},
                     {"readonly", there->readonly}};
  image["unchanged"] = sha256 == file.sha256 && there->size == file.size;
  return image;
}

Json PlaceFiles::capture(machine::Machine& machine) const {
  return in_context("while looking at " + install_folder_, ExitCode::kCopyFile, [&]() -> Json {
    std::vector<std::string> parents;
    Json files = Json::array();
    StoredNames names(machine.files());
    for (const PlacedFile& file : files_) {
      files.push_back(capture_file(machine.files(), names, file));
      parents.push_back(machine::parent(target_path(file)));
    }
    const auto folders = in_context("while looking for its folders", ExitCode::kCreateFolder,
                                    [&] { return missing_folders(machine.files(), parents); });
    return {{"folders", folders}, {"files", files}};
  });
}

PlaceFiles::Before PlaceFiles::read(const Json& json) const {
  const Fields fields("before-image of place-files", json);
  Before before{.folders = fields.absolutes("folders"), .files = {}};
  const auto files = fields.objects("files");
  if (files.size() != files_.size()) fields.damaged("files", "the parameters have other files");
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].text("path") != files_[i].path)
      fields.damaged("files", "the parameters have other files");
    BeforeFile file;
    if (files[i].has("staged")) file.staged_id = files[i].text("staged");
    file.unchanged = files[i].flag("unchanged");
    if (files[i].has("target")) {
      const Fields target = files[i].object("target");
      file.target = Target{.name = target.name("name"),
                           .id = target.text("id"),
                           .sha256 = target.hash("sha256"),
                           .size = target.number("size"),
                           .readonly = target.flag("readonly")};
    }
    before.files.push_back(std::move(file));
  }
  return before;
}

PlaceFiles::Seen PlaceFiles::look(machine::Files& door, const PlacedFile& file,
                                  const BeforeFile& before, bool begun) const {
  const auto target = door.stat(target_path(file));
  const auto staged = door.stat(staged_path(file));
  const auto retained = door.stat(RetainedFolder(door, work_folder_).file(file.staged));
  Seen seen;
  seen.target = target.has_value();
  seen.staged = staged && staged->id == before.staged_id;
  seen.retained = retained && before.target && retained->id == before.target->id;
  seen.retained_readonly = retained && retained->readonly;

  using enum FileFound;
  if (target) {
    const bool is_old = before.target && target->id == before.target->id;
    const bool is_ours = target->id == before.staged_id;
    seen.found = is_old ? kUntouched : is_ours ? kPlaced : kForeign;
  } else if (seen.retained) {
    seen.found = seen.staged ? kMovedAside : kDeleted;
  } else if (!before.target) {
    seen.found = seen.staged || !begun ? kUntouched : kDeleted;
  } else {
    seen.found = seen.staged || !begun ? kForeign : kLost;
  }
  return seen;
}

void PlaceFiles::place(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
                       const Seen& seen) const {
  const std::string path = target_path(file);
  if (seen.found == FileFound::kPlaced) return;
  if (seen.found == FileFound::kUntouched && before.unchanged) return;
  if (seen.found == FileFound::kForeign) {
    throw Failure(ExitCode::kCopyFile, path,
                  "replace " + path + ": somebody " + (seen.target ? "changed" : "deleted") +
                      " it meanwhile");
  }
  if (!seen.staged) {
    throw Failure(ExitCode::kCopyFile, path, "replace " + path + ": the staged file is missing");
  }
  if (seen.target) door.rename(path, RetainedFolder(door, work_folder_).file(file.staged));
  door.rename(staged_path(file), path);
}

Json PlaceFiles::apply(machine::Machine& machine, const Json& before_image,
                       Deadline deadline) const {
  return in_context(
      "while replacing files in " + install_folder_, ExitCode::kCopyFile, [&]() -> Json {
        machine::Files& door = machine.files();
        const Before before = read(before_image);
        if (before.nothing_to_do()) return after_image(before);

        RetainedFolder retained(door, work_folder_);
        retained.open(kind(), parameters(), before_image);
        FolderSet touched;
        make_folders(door, before.folders);
        for (std::size_t i = 0; i < files_.size(); ++i) {
          check_deadline(machine.system(), deadline, files_[i].path, "replace all files");
          const Seen seen = look(door, files_[i], before.files[i], true);
          place(door, files_[i], before.files[i], seen);
          if (!before.files[i].unchanged) touched.add(machine::parent(target_path(files_[i])));
        }
        // Before a start type is set that loads them at the next boot.
        if (!touched.empty()) door.sync(touched.paths());
        return after_image(before);
      });
}

// What is there now, unchanged files too: what on the machine is ours.
Json PlaceFiles::after_image(const Before& before) const {
  Json files = Json::array();
  for (std::size_t i = 0; i < files_.size(); ++i) {
    const BeforeFile& file = before.files[i];
    files.push_back({{"path", target_path(files_[i])},
                     {"id", file.unchanged ? file.target->id : file.staged_id},
                     {"sha256", files_[i].sha256},
                     {"size", files_[i].size}});
  }
  return {{"files", files}};
}

void PlaceFiles::restore_retained(machine::Files& door, const PlacedFile& file,
                                  const BeforeFile& before, const Seen& seen) const {
  const std::string retained = RetainedFolder(door, work_folder_).file(file.staged);
  if (seen.retained_readonly != before.target->readonly) {
    door.set_readonly(retained, before.target->readonly);
  }
  door.rename(retained, machine::join(machine::parent(target_path(file)), before.target->name));
}

void PlaceFiles::put_back(machine::Files& door, const PlacedFile& file, const BeforeFile& before,
                          const Seen& seen, UndoResult& result) const {
  const std::string path = target_path(file);
  const bool old_is_lost = seen.found == FileFound::kLost ||
                           (seen.found == FileFound::kPlaced && before.target && !seen.retained);
  if (old_is_lost) {
    result.kind = UndoResult::Kind::kFailed;
    result.failure =
        Failure(ExitCode::kCopyFile, path,
                "put " + path + " back: it is not in the folder for retained files any more");
    return;
  }
  switch (seen.found) {
    case FileFound::kUntouched:
    case FileFound::kLost:
      return;
    case FileFound::kPlaced:
      door.rename(path, staged_path(file));
      if (before.target) restore_retained(door, file, before, seen);
      return;
    case FileFound::kMovedAside:
      restore_retained(door, file, before, seen);
      return;
    case FileFound::kDeleted:
      result.foreign.push_back(path + " was placed here and somebody deleted it");
      if (seen.retained) restore_retained(door, file, before, seen);
      return;
    case FileFound::kForeign:
      result.foreign.push_back(
          path + (seen.target ? " is neither the earlier file nor the one placed here; it is left"
                              : " was deleted by somebody before it was replaced; left so"));
      if (seen.retained) {
        result.foreign.back() += ", and the earlier one is kept as " +
                                 RetainedFolder(door, work_folder_).file(file.staged);
      }
      return;
  }
}

// Somebody may have removed them meanwhile.
std::vector<std::string> PlaceFiles::needed_folders(const std::vector<Seen>& all) const {
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (all[i].retained && all[i].found != FileFound::kForeign)
      folders.push_back(machine::parent(target_path(files_[i])));
    if (all[i].found == FileFound::kPlaced)
      folders.push_back(machine::parent(staged_path(files_[i])));
  }
  return folders;
}

UndoResult PlaceFiles::undo(machine::Machine& machine, const Json& before_image,
                            const Json& /*after*/, Deadline deadline) const {
  return in_context("while putting files back in " + install_folder_, ExitCode::kCopyFile, [&] {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    UndoResult result;
    if (before.nothing_to_do()) return result;

    RetainedFolder retained(door, work_folder_);
    const bool begun = retained.has_begun(kind());
    bool all_back = true;
    const auto in_time = [&](const PlacedFile& file) {
      check_deadline(machine.system(), deadline, file.path, "put all files back");
    };
    std::vector<Seen> all_seen;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      in_time(files_[i]);
      all_seen.push_back(look(door, files_[i], before.files[i], begun));
    }
    FolderSet touched;
    make_folders(door, missing_folders(door, needed_folders(all_seen)));
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const Seen& seen = all_seen[i];
      in_time(files_[i]);
      put_back(door, files_[i], before.files[i], seen, result);
      if (seen.found == FileFound::kForeign && seen.retained) all_back = false;
      if (seen.retained || seen.found == FileFound::kPlaced) {
        touched.add(machine::parent(target_path(files_[i])));
      }
    }
    // Before a start type comes back that loads them at the next boot.
    if (!touched.empty()) door.sync(touched.paths());
    if (begun) remove_made_folders(door, before.folders, result);
    if (all_back && result.kind == UndoResult::Kind::kUndone) retained.close(kind(), false);
    return result;
  });
}

Probe PlaceFiles::probe(machine::Machine& machine, const Json& before_image,
                        const Json& after) const {
  return in_context("while looking at " + install_folder_, ExitCode::kCopyFile, [&] {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    const bool begun = RetainedFolder(door, work_folder_).has_begun(kind());
    bool all_before = !begun;
    bool all_after = begun || before.nothing_to_do();
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const Seen seen = look(door, files_[i], before.files[i], begun);
      const bool is_old = seen.found == FileFound::kUntouched;
      const bool is_new = seen.found == FileFound::kPlaced || (is_old && before.files[i].unchanged);
      if (!is_old && !is_new && seen.found != FileFound::kMovedAside) return Probe::kForeign;
      all_before = all_before && is_old;
      all_after = all_after && is_new;
    }
    if (all_before && !(all_after && !after.is_null())) return Probe::kBefore;
    return all_after ? Probe::kAfter : Probe::kBetween;
  });
}

}  // namespace actions
