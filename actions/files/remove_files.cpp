#include "actions/files/remove_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "actions/context.h"
#include "actions/deadline.h"
#include "actions/fields.h"
#include "actions/files/made_folders.h"
#include "actions/files/removal.h"
#include "actions/files/retained_folder.h"
#include "actions/files/stored_names.h"
#include "actions/machine/paths.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

// Unique in "retained", also beside the names that place-files uses there.
std::string retained_name(std::size_t index, const std::string& name) {
  std::string number = std::to_string(index + 1);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return "removed-" + number + "-" + name;
}

}  // namespace

RemoveFiles::RemoveFiles(std::string work_folder, std::vector<std::string> files,
                         std::vector<std::string> folders)
    : work_folder_(std::move(work_folder)),
      files_(std::move(files)),
      folders_(std::move(folders)) {}

std::unique_ptr<Action> RemoveFiles::from_parameters(const Json& parameters) {
  const Fields fields("parameters of remove-files", parameters);
  return std::make_unique<RemoveFiles>(fields.absolute("work_folder"), fields.absolutes("files"),
                                       fields.absolutes("folders"));
}

Json RemoveFiles::parameters() const {
  return {{"work_folder", work_folder_}, {"files", files_}, {"folders", folders_}};
}

std::string RemoveFiles::target() const {
  if (!folders_.empty()) return folders_.back();
  return files_.empty() ? work_folder_ : machine::parent(files_.front());
}

std::string RemoveFiles::sentence() const {
  return "Remove " + std::to_string(files_.size()) + " files in " + target();
}

std::string RemoveFiles::undo_sentence() const { return "Put the removed files back"; }

bool RemoveFiles::Before::nothing_to_do() const {
  const bool no_files =
      std::ranges::all_of(files, [](const BeforeFile& file) { return file.id.empty(); });
  return no_files && folders.empty();
}

Json RemoveFiles::capture(machine::Machine& machine) const {
  return in_context("while looking at the files to remove", ExitCode::kDeleteFolder, [&]() -> Json {
    machine::Files& door = machine.files();
    StoredNames names(door);
    Json files = Json::array();
    for (std::size_t i = 0; i < files_.size(); ++i) {
      const std::string& path = files_[i];
      const auto there = door.stat(path);
      if (!there) {
        files.push_back({{"path", path}, {"target", nullptr}});
        continue;
      }
      if (there->kind != machine::FileKind::kFile) {
        throw Failure(ExitCode::kDeleteFolder, path,
                      "remove " + path + ": it is a folder or a link, not a file");
      }
      const std::string name = names.of(path);
      files.push_back(
          {{"path", machine::join(machine::parent(path), name)},
           {"retained", retained_name(i, name)},
           {"target", {{"id", there->id}, {"size", there->size}, {"readonly", there->readonly}}}});
    }
    Json folders = Json::array();
    for (const std::string& folder : folders_) {
      const auto there = door.stat(folder);
      if (there && there->kind == machine::FileKind::kFolder) folders.push_back(folder);
    }
    return {{"work_folder", door.stat(work_folder_).has_value()},
            {"folders", folders},
            {"files", files}};
  });
}

RemoveFiles::Before RemoveFiles::read(const Json& json) const {
  const Fields fields("before-image of remove-files", json);
  Before before{.work_folder = fields.flag("work_folder"),
                .folders = fields.absolutes("folders"),
                .files = {}};
  for (const Fields& entry : fields.objects("files")) {
    BeforeFile file{.path = entry.absolute("path"), .retained = {}, .id = {}};
    if (entry.has("target")) {
      const Fields target = entry.object("target");
      file.retained = entry.name("retained");
      file.id = target.text("id");
      file.readonly = target.flag("readonly");
    }
    before.files.push_back(std::move(file));
  }
  if (before.files.size() != files_.size())
    fields.damaged("files", "the parameters have other files");
  return before;
}

RemoveFiles::Seen RemoveFiles::look(machine::Files& door, const BeforeFile& file,
                                    bool begun) const {
  const auto target = door.stat(file.path);
  Seen seen;
  seen.target = target.has_value();
  using enum FileFound;
  if (file.id.empty()) {
    seen.found = target ? kForeign : kUntouched;
    return seen;
  }
  const auto retained = door.stat(RetainedFolder(door, work_folder_).file(file.retained));
  seen.retained = retained && retained->id == file.id;
  seen.retained_readonly = retained && retained->readonly;
  if (target) {
    seen.found = target->id == file.id ? kUntouched : kForeign;
  } else if (seen.retained) {
    seen.found = kMoved;
  } else {
    seen.found = begun ? kLost : kForeign;
  }
  return seen;
}

bool RemoveFiles::was_moved(const BeforeFile& file, const Json& after) const {
  if (after.is_null()) return false;
  const Fields fields("after-image of remove-files", after);
  if (!fields.is_written("gone")) return true;  // by an older program
  const auto gone = fields.texts("gone");
  return std::ranges::find(gone, file.path) == gone.end();
}

std::vector<std::string> RemoveFiles::remove_folders(machine::Files& door,
                                                     const Before& before) const {
  std::vector<std::string> left;
  for (const std::string& folder : before.folders) {
    if (door.stat(folder) && !remove_empty_folder(door, folder)) left.push_back(folder);
  }
  return left;
}

Json RemoveFiles::apply(machine::Machine& machine, const Json& before_image,
                        Deadline deadline) const {
  return in_context("while removing files in " + target(), ExitCode::kDeleteFolder, [&]() -> Json {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    if (before.nothing_to_do()) return {{"left", Json::array()}, {"gone", Json::array()}};

    RetainedFolder retained(door, work_folder_);
    retained.open(kind(), parameters(), before_image);
    std::vector<std::string> left;
    std::vector<std::string> gone;
    for (const BeforeFile& file : before.files) {
      check_deadline(machine.system(), deadline, file.path, "remove all files");
      const Seen seen = look(door, file, true);
      if (seen.target && seen.found == FileFound::kUntouched) {
        door.rename(file.path, retained.file(file.retained));
      } else if (seen.target) {
        left.push_back(file.path);
      } else if (seen.found == FileFound::kLost) {
        gone.push_back(file.path);
      }
    }
    std::ranges::copy(remove_folders(door, before), std::back_inserter(left));
    return {{"left", left}, {"gone", gone}};
  });
}

void RemoveFiles::put_back(machine::Files& door, const BeforeFile& file, const Seen& seen,
                           UndoResult& result) const {
  const std::string retained = RetainedFolder(door, work_folder_).file(file.retained);
  switch (seen.found) {
    case FileFound::kUntouched:
      return;
    case FileFound::kMoved:
      if (seen.retained_readonly != file.readonly) door.set_readonly(retained, file.readonly);
      door.rename(retained, file.path);
      return;
    case FileFound::kForeign:
      result.foreign.push_back(file.path + (seen.target
                                                ? " is not the file that was there; it is left"
                                                : " was taken away by somebody else; left so"));
      if (seen.retained) result.foreign.back() += ", and the earlier one is kept as " + retained;
      return;
    case FileFound::kLost:
      result.kind = UndoResult::Kind::kFailed;
      result.failure = Failure(
          ExitCode::kDeleteFolder, file.path,
          "put " + file.path + " back: it is not in " + machine::parent(retained) + " any more");
      return;
  }
}

UndoResult RemoveFiles::undo(machine::Machine& machine, const Json& before_image, const Json& after,
                             Deadline deadline) const {
  return in_context("while putting files back in " + target(), ExitCode::kDeleteFolder, [&] {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    UndoResult result;
    if (before.nothing_to_do()) return result;

    RetainedFolder retained(door, work_folder_);
    const bool begun = retained.has_begun(kind());
    const auto in_time = [&](const BeforeFile& file) {
      check_deadline(machine.system(), deadline, file.path, "put all files back");
    };
    if (begun) {
      const std::vector<std::string> outermost_first(before.folders.rbegin(),
                                                     before.folders.rend());
      make_folders(door, outermost_first);
    }
    std::vector<Seen> all_seen;
    std::vector<std::string> needed;  // somebody may have removed them meanwhile
    for (const BeforeFile& file : before.files) {
      in_time(file);
      Seen seen = look(door, file, begun);
      if (seen.found == FileFound::kLost && !was_moved(file, after))
        seen.found = FileFound::kForeign;
      if (seen.found == FileFound::kMoved) needed.push_back(machine::parent(file.path));
      all_seen.push_back(seen);
    }
    make_folders(door, missing_folders(door, needed));
    bool all_back = true;
    for (std::size_t i = 0; i < before.files.size(); ++i) {
      const BeforeFile& file = before.files[i];
      const Seen& seen = all_seen[i];
      in_time(file);
      put_back(door, file, seen, result);
      if (seen.found == FileFound::kForeign && seen.retained) all_back = false;
    }
    if (all_back && result.kind == UndoResult::Kind::kUndone) {
      retained.close(kind(), !before.work_folder);
    }
    return result;
  });
}

Probe RemoveFiles::probe(machine::Machine& machine, const Json& before_image,
                         const Json& after) const {
  return in_context("while looking at the removed files", ExitCode::kDeleteFolder, [&] {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    const bool begun = RetainedFolder(door, work_folder_).has_begun(kind());
    bool all_before = !begun;
    bool all_after = begun || before.nothing_to_do();
    for (const BeforeFile& file : before.files) {
      const Seen seen = look(door, file, begun);
      if (seen.found == FileFound::kForeign || seen.found == FileFound::kLost)
        return Probe::kForeign;
      const bool is_there = seen.found == FileFound::kUntouched && !file.id.empty();
      all_before = all_before && seen.found == FileFound::kUntouched;
      all_after = all_after && !is_there;
    }
    for (const std::string& folder : before.folders) {
      const bool is_there = door.stat(folder).has_value();
      all_before = all_before && is_there;
      all_after = all_after && (!is_there || !door.list(folder).empty());
    }
    if (all_before && !(all_after && !after.is_null())) return Probe::kBefore;
    return all_after ? Probe::kAfter : Probe::kBetween;
  });
}

}  // namespace actions
