#include "actions/files/place_files.h"

#include <algorithm>

#include "actions/deadline.h"
#include "actions/files/folder_set.h"
#include "actions/files/made_folders.h"
#include "actions/files/retained_folder.h"
#include "actions/files/stored_names.h"
#include "actions/machine/paths.h"

namespace actions::files {
namespace {

using errors::ExitCode;
using errors::Failure;

}  // namespace

std::string PlaceFiles::target_path(const PlacedFile& file) const {
  return machine::join(given_.install_folder, file.path);
}

std::string PlaceFiles::staged_path(const PlacedFile& file) const {
  return machine::join(machine::join(given_.work_folder, "staged"), file.staged);
}

bool PlaceFilesImages::Before::nothing_to_do() const {
  return std::all_of(files.begin(), files.end(),
                     [](const BeforeFile& file) { return file.unchanged; });
}

Contexts PlaceFiles::contexts() const {
  const std::string& folder = given_.install_folder;
  return {.capture = {"while looking at " + folder, ExitCode::kCopyFile},
          .apply = {"while replacing files in " + folder, ExitCode::kCopyFile},
          .undo = {"while putting files back in " + folder, ExitCode::kCopyFile}};
}

void PlaceFiles::check(const Before& before) const {
  if (!std::equal(before.files.begin(), before.files.end(), given_.files.begin(),
                  given_.files.end(),
                  [](const auto& found, const auto& file) { return found.path == file.path; }))
    refuse_before("files", "the parameters have other files");
  for (const BeforeFile& file : before.files) {
    if (file.unchanged && !file.target) refuse_before("files", "a missing file is unchanged");
  }
}

PlaceFiles::BeforeFile PlaceFiles::find_file(machine::Files& files, StoredNames& names,
                                             const PlacedFile& file) const {
  const std::string path = target_path(file);
  BeforeFile found{.path = file.path, .target = {}, .staged = {}};
  if (const auto staged = files.stat(staged_path(file))) found.staged = staged->id;
  const auto there = files.stat(path);
  if (!there) return found;
  if (there->kind != machine::FileKind::kFile) {
    throw Failure(ExitCode::kCopyFile, path,
                  "replace " + path + ": it is a folder or a link, not a file");
  }
  const std::string sha256 = files.sha256(path);
  found.unchanged = sha256 == file.sha256 && there->size == file.size;
  found.target = {names.of(path), there->id, sha256, there->size, there->readonly};
  return found;
}

PlaceFiles::Before PlaceFiles::find(Machine& machine) const {
  Before before;
  std::vector<std::string> parents;
  StoredNames names(machine.files());
  for (const PlacedFile& file : given_.files) {
    before.files.push_back(find_file(machine.files(), names, file));
    parents.push_back(machine::parent(target_path(file)));
  }
  before.folders = in_context("while looking for its folders", ExitCode::kCreateFolder,
                              [&] { return missing_folders(machine.files(), parents); });
  return before;
}

PlaceFiles::Seen PlaceFiles::inspect(machine::Files& files, const PlacedFile& file,
                                     const BeforeFile& before, bool begun) const {
  const auto target = files.stat(target_path(file));
  const auto staged = files.stat(staged_path(file));
  const auto retained = files.stat(RetainedFolder(files, given_.work_folder).file(file.staged));
  Seen seen;
  seen.target = target.has_value();
  seen.staged = staged && staged->id == before.staged;
  seen.retained = retained && before.target && retained->id == before.target->id;
  seen.retained_readonly = retained && retained->readonly;

  using enum FileFound;
  if (target) {
    bool is_old = before.target && target->id == before.target->id;
    bool is_ours = target->id == before.staged;
    seen.other_id = !is_old && !is_ours;
    if (seen.other_id && !seen.staged && target->kind == machine::FileKind::kFile) {
      // The same bytes under another id (a scanner, a restore) are the same file.
      const std::string sha256 = files.sha256(target_path(file));
      is_ours = sha256 == file.sha256;
      is_old = !is_ours && before.target && sha256 == before.target->sha256;
    }
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

void PlaceFiles::place(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
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
  if (seen.target) files.rename(path, RetainedFolder(files, given_.work_folder).file(file.staged));
  files.rename(staged_path(file), path);
}

PlaceFiles::After PlaceFiles::change(Machine& machine, const Before& before,
                                     Deadline deadline) const {
  if (before.nothing_to_do()) return after_image(before);
  machine::Files& files = machine.files();
  RetainedFolder(files, given_.work_folder).open(kind(), parameters(), write_image(before));
  FolderSet touched;
  make_folders(files, before.folders);
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const PlacedFile& file = given_.files[i];
    check_deadline(machine.system(), deadline, file.path, "replace all files");
    place(files, file, before.files[i], inspect(files, file, before.files[i], true));
    if (!before.files[i].unchanged) touched.add(machine::parent(target_path(file)));
  }
  // Before a start type is set that loads them at the next boot.
  if (!touched.empty()) files.sync(touched.paths());
  return after_image(before);
}

PlaceFiles::After PlaceFiles::after_image(const Before& before) const {
  After after;
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const PlacedFile& file = given_.files[i];
    const BeforeFile& found = before.files[i];
    after.files.push_back({target_path(file),
                           found.unchanged ? found.target->id : found.staged.value_or(""),
                           file.sha256, file.size});
  }
  return after;
}

void PlaceFiles::restore_retained(machine::Files& files, const PlacedFile& file,
                                  const BeforeFile& before, const Seen& seen) const {
  const std::string retained = RetainedFolder(files, given_.work_folder).file(file.staged);
  if (seen.retained_readonly != before.target->readonly) {
    files.set_readonly(retained, before.target->readonly);
  }
  files.rename(retained, machine::join(machine::parent(target_path(file)), before.target->name));
}

void PlaceFiles::put_back(machine::Files& files, const PlacedFile& file, const BeforeFile& before,
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
      files.rename(path, staged_path(file));
      if (before.target) restore_retained(files, file, before, seen);
      return;
    case FileFound::kMovedAside:
      restore_retained(files, file, before, seen);
      return;
    case FileFound::kDeleted:
      result.foreign.push_back(path + " was placed here and somebody deleted it");
      if (seen.retained) restore_retained(files, file, before, seen);
      return;
    case FileFound::kForeign:
      result.leaves_files = true;
      result.foreign.push_back(
          path + (seen.target ? " is neither the earlier file nor the one placed here; it is left"
                              : " was deleted by somebody before it was replaced; left so"));
      if (seen.retained) {
        result.foreign.back() += ", and the earlier one is kept as " +
                                 RetainedFolder(files, given_.work_folder).file(file.staged);
      }
      return;
  }
}

// Somebody may have removed them meanwhile.
std::vector<std::string> PlaceFiles::needed_folders(const std::vector<Seen>& all) const {
  std::vector<std::string> folders;
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    if (all[i].retained && all[i].found != FileFound::kForeign)
      folders.push_back(machine::parent(target_path(given_.files[i])));
    if (all[i].found == FileFound::kPlaced)
      folders.push_back(machine::parent(staged_path(given_.files[i])));
  }
  return folders;
}

UndoResult PlaceFiles::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                 Deadline deadline) const {
  UndoResult result;
  if (before.nothing_to_do()) return result;

  machine::Files& files = machine.files();
  RetainedFolder retained(files, given_.work_folder);
  const bool begun = retained.has_begun(kind());
  bool all_back = true;
  const auto in_time = [&](const PlacedFile& file) {
    check_deadline(machine.system(), deadline, file.path, "put all files back");
  };
  std::vector<Seen> all_seen;
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    in_time(given_.files[i]);
    all_seen.push_back(inspect(files, given_.files[i], before.files[i], begun));
  }
  FolderSet touched;
  make_folders(files, missing_folders(files, needed_folders(all_seen)));
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const Seen& seen = all_seen[i];
    in_time(given_.files[i]);
    put_back(files, given_.files[i], before.files[i], seen, result);
    if (seen.found == FileFound::kForeign && seen.retained) all_back = false;
    if (seen.retained || seen.found == FileFound::kPlaced)
      touched.add(machine::parent(target_path(given_.files[i])));
  }
  // Before a start type comes back that loads them at the next boot.
  if (!touched.empty()) files.sync(touched.paths());
  if (begun) remove_made_folders(files, before.folders, result);
  if (all_back && result.kind == UndoResult::Kind::kUndone) retained.close(kind(), false);
  return result;
}

// A file that somebody replaced while the old one lies in "retained" can still be put back by hand,
// and a file that was deleted or moved aside by undo; what counts is a target of somebody else, or
// ours whose old file is gone.
bool PlaceFiles::is_superseded(Machine& machine, const Json& before, const Json& /*after*/) const {
  const Before found = read_before(before);
  machine::Files& files = machine.files();
  bool any = false;
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const BeforeFile& file = found.files[i];
    if (file.unchanged || !file.target) continue;  // a file that was added tells nothing
    const Seen seen = inspect(files, given_.files[i], file, true);
    const bool is_theirs = seen.target && seen.other_id;
    const bool old_is_gone = seen.found == FileFound::kPlaced && !seen.retained;
    if (seen.retained || !(is_theirs || old_is_gone)) return false;
    any = true;
  }
  return any;
}

Probe PlaceFiles::compare(Machine& machine, const Before& before, const AfterIfKnown& after) const {
  machine::Files& files = machine.files();
  const bool begun = RetainedFolder(files, given_.work_folder).has_begun(kind());
  bool all_before = !begun;
  bool all_after = begun || before.nothing_to_do();
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const Seen seen = inspect(files, given_.files[i], before.files[i], begun);
    const bool is_old = seen.found == FileFound::kUntouched;
    const bool is_new = seen.found == FileFound::kPlaced || (is_old && before.files[i].unchanged);
    if (!is_old && !is_new && seen.found != FileFound::kMovedAside) return Probe::kForeign;
    all_before = all_before && is_old;
    all_after = all_after && is_new;
  }
  if (all_before && !(all_after && after)) return Probe::kBefore;
  return all_after ? Probe::kAfter : Probe::kBetween;
}

}  // namespace actions::files
