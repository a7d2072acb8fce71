#include "actions/files/remove_files.h"

#include <algorithm>
#include <iterator>

#include "actions/deadline.h"
#include "actions/files/made_folders.h"
#include "actions/files/removal.h"
#include "actions/files/retained_folder.h"
#include "actions/files/stored_names.h"
#include "actions/machine/paths.h"

namespace actions::files {
namespace {

using errors::ExitCode;
using errors::Failure;

// Unique in "retained", also beside the names that place-files uses there.
std::string retained_name(std::size_t index, const std::string& name) {
  std::string number = std::to_string(index + 1);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return "removed-" + number + "-" + name;
}

// Returns false if somebody else may have taken the file away before its turn came.
bool was_moved(const std::string& path, const std::optional<RemoveFiles::After>& after) {
  if (!after) return false;
  return !after->gone || std::ranges::find(*after->gone, path) == after->gone->end();
}

// Returns those that stay.
std::vector<std::string> remove_folders(machine::Files& files,
                                        const std::vector<std::string>& folders) {
  std::vector<std::string> left;
  for (const std::string& folder : folders) {
    if (files.stat(folder) && !remove_empty_folder(files, folder)) left.push_back(folder);
  }
  return left;
}

}  // namespace

std::string RemoveFiles::target() const {
  if (!given_.folders.empty()) return given_.folders.back();
  return given_.files.empty() ? given_.work_folder : machine::parent(given_.files.front());
}

bool RemoveFilesImages::Before::nothing_to_do() const {
  const bool no_files =
      std::ranges::none_of(files, [](const BeforeFile& file) { return file.target.has_value(); });
  return no_files && folders.empty();
}

Contexts RemoveFiles::contexts() const {
  return {.capture = {"while looking at the files to remove", ExitCode::kDeleteFolder},
          .apply = {"while removing files in " + target(), ExitCode::kDeleteFolder},
          .undo = {"while putting files back in " + target(), ExitCode::kDeleteFolder},
          .probe = Context{"while looking at the removed files", ExitCode::kDeleteFolder}};
}

RemoveFiles::Before RemoveFiles::find(Machine& machine) const {
  machine::Files& files = machine.files();
  Before before;
  StoredNames names(files);
  for (std::size_t i = 0; i < given_.files.size(); ++i) {
    const std::string& path = given_.files[i];
    const auto there = files.stat(path);
    if (!there) {
      before.files.push_back({path, std::nullopt, ""});
      continue;
    }
    if (there->kind != machine::FileKind::kFile) {
      throw Failure(ExitCode::kDeleteFolder, path,
                    "remove " + path + ": it is a folder or a link, not a file");
    }
    const std::string name = names.of(path);
    before.files.push_back({machine::join(machine::parent(path), name),
                            Images::Target{there->id, there->size, there->readonly},
                            retained_name(i, name)});
  }
  for (const std::string& folder : given_.folders) {
    const auto there = files.stat(folder);
    if (there && there->kind == machine::FileKind::kFolder) before.folders.push_back(folder);
  }
  before.work_folder = files.stat(given_.work_folder).has_value();
  return before;
}

void RemoveFiles::check(const Before& before) const {
  if (before.files.size() != given_.files.size())
    refuse_before("files", "the parameters have other files");
}

RemoveFiles::Seen RemoveFiles::inspect(machine::Files& files, const BeforeFile& file,
                                       bool begun) const {
  const auto target = files.stat(file.path);
  Seen seen;
  seen.target = target.has_value();
  using enum FileFound;
  if (!file.target) {
    seen.found = target ? kForeign : kUntouched;
    return seen;
  }
  const std::string& id = file.target->id;
  const auto retained = files.stat(RetainedFolder(files, given_.work_folder).file(file.retained));
  seen.retained = retained && retained->id == id;
  seen.retained_readonly = retained && retained->readonly;
  if (target) {
    seen.found = target->id == id ? kUntouched : kForeign;
  } else if (seen.retained) {
    seen.found = kMoved;
  } else {
    seen.found = begun ? kLost : kForeign;
  }
  return seen;
}

RemoveFiles::After RemoveFiles::change(Machine& machine, const Before& before,
                                       Deadline deadline) const {
  After after{.left = {}, .gone = std::vector<std::string>()};
  if (before.nothing_to_do()) return after;

  machine::Files& files = machine.files();
  RetainedFolder retained(files, given_.work_folder);
  retained.open(kind(), parameters(), write_image(before));
  for (const BeforeFile& file : before.files) {
    check_deadline(machine.system(), deadline, file.path, "remove all files");
    const Seen seen = inspect(files, file, true);
    if (seen.target && seen.found == FileFound::kUntouched) {
      files.rename(file.path, retained.file(file.retained));
    } else if (seen.target) {
      after.left.push_back(file.path);
    } else if (seen.found == FileFound::kLost) {
      after.gone->push_back(file.path);
    }
  }
  std::ranges::copy(remove_folders(files, before.folders), std::back_inserter(after.left));
  return after;
}

void RemoveFiles::put_back(machine::Files& files, const BeforeFile& file, const Seen& seen,
                           UndoResult& result) const {
  const std::string retained = RetainedFolder(files, given_.work_folder).file(file.retained);
  switch (seen.found) {
    case FileFound::kUntouched:
      return;
    case FileFound::kMoved:
      if (seen.retained_readonly != file.target->readonly)
        files.set_readonly(retained, file.target->readonly);
      files.rename(retained, file.path);
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

std::vector<RemoveFiles::Seen> RemoveFiles::inspect_all(machine::Machine& machine,
                                                        const Before& before,
                                                        const AfterIfKnown& after, bool begun,
                                                        Deadline deadline) const {
  std::vector<Seen> all;
  for (const BeforeFile& file : before.files) {
    check_deadline(machine.system(), deadline, file.path, "put all files back");
    Seen seen = inspect(machine.files(), file, begun);
    if (seen.found == FileFound::kLost && !was_moved(file.path, after))
      seen.found = FileFound::kForeign;
    all.push_back(seen);
  }
  return all;
}

UndoResult RemoveFiles::take_back(Machine& machine, const Before& before, const AfterIfKnown& after,
                                  Deadline deadline) const {
  UndoResult result;
  if (before.nothing_to_do()) return result;

  machine::Files& files = machine.files();
  RetainedFolder retained(files, given_.work_folder);
  const bool begun = retained.has_begun(kind());
  if (begun) make_folders(files, {before.folders.rbegin(), before.folders.rend()});
  const std::vector<Seen> all_seen = inspect_all(machine, before, after, begun, deadline);
  std::vector<std::string> needed;  // somebody may have removed them meanwhile
  for (std::size_t i = 0; i < before.files.size(); ++i) {
    if (all_seen[i].found == FileFound::kMoved)
      needed.push_back(machine::parent(before.files[i].path));
  }
  make_folders(files, missing_folders(files, needed));
  bool all_back = true;
  for (std::size_t i = 0; i < before.files.size(); ++i) {
    const BeforeFile& file = before.files[i];
    const Seen& seen = all_seen[i];
    check_deadline(machine.system(), deadline, file.path, "put all files back");
    put_back(files, file, seen, result);
    if (seen.found == FileFound::kForeign && seen.retained) all_back = false;
  }
  if (all_back && result.kind == UndoResult::Kind::kUndone)
    retained.close(kind(), !before.work_folder);
  return result;
}

Probe RemoveFiles::compare(Machine& machine, const Before& before,
                           const AfterIfKnown& after) const {
  machine::Files& files = machine.files();
  const bool begun = RetainedFolder(files, given_.work_folder).has_begun(kind());
  bool all_before = !begun;
  bool all_after = begun || before.nothing_to_do();
  for (const BeforeFile& file : before.files) {
    const Seen seen = inspect(files, file, begun);
    if (seen.found == FileFound::kForeign || seen.found == FileFound::kLost) return Probe::kForeign;
    const bool is_there = seen.found == FileFound::kUntouched && file.target;
    all_before = all_before && seen.found == FileFound::kUntouched;
    all_after = all_after && !is_there;
  }
  for (const std::string& folder : before.folders) {
    const bool is_there = files.stat(folder).has_value();
    all_before = all_before && is_there;
    all_after = all_after && (!is_there || !files.list(folder).empty());
  }
  if (all_before && !(all_after && after)) return Probe::kBefore;
  return all_after ? Probe::kAfter : Probe::kBetween;
}

}  // namespace actions::files
