#include "actions/files/preserve_installation.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include "actions/deadline.h"
#include "actions/files/file_tree.h"
#include "actions/files/made_folders.h"
#include "actions/files/retained_folder.h"
#include "actions/machine/paths.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/services/unregister_service.h"
#include "actions/tasks/unregister_task.h"
#include "text/joined.h"

namespace actions::files {
namespace {

using errors::ExitCode;
using errors::Failure;

std::string copy_name(std::size_t index) {
  std::string number = std::to_string(index + 1);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return "preserved-" + number;
}

bool is_as_captured(machine::Files& files, const PreserveInstallationImages::KeptFile& file,
                    const machine::FileInfo& there) {
  if (there.kind != machine::FileKind::kFile || there.size != file.size) return false;
  return there.id == file.id || files.sha256(file.path) == file.sha256;
}

// The worse end of two, and all that both have to tell.
void add(UndoResult& all, UndoResult part) {
  std::ranges::move(part.foreign, std::back_inserter(all.foreign));
  std::ranges::move(part.pending, std::back_inserter(all.pending));
  if (part.kind == UndoResult::Kind::kUndone || all.kind == UndoResult::Kind::kFailed) return;
  all.kind = part.kind;
  if (!all.failure) all.failure = std::move(part.failure);
}

}  // namespace

struct PreserveInstallation::Removal {
  template <class Kind, class Parameter>
  static Removal of(Parameter parameter) {
    return {std::make_unique<Kind>(std::move(parameter)),
            [](const Json& before) { Kind::read_before(before); }};
  }

  std::unique_ptr<Action> action;
  void (*check_before)(const Json& before);  // throws where it is damaged
  bool is_vital = true;

  // `work` on a registration that is not vital may fail: returns why.
  std::optional<Failure> attempt(const std::function<void()>& work) const {
    if (!is_vital) return errors::failure_in(work);
    work();
    return std::nullopt;
  }
};

std::string PreserveInstallation::sentence() const {
  const std::string names = text::joined(given_.installation.services);
  return "Preserve the installation in " + given_.installation.folder + ", which is not ours" +
         (names.empty() ? "" : " (services " + names + ")");
}

std::vector<PreserveInstallation::Removal> PreserveInstallation::removals() const {
  const Installation& installation = given_.installation;
  std::vector<Removal> all;
  for (const std::string& service : installation.services)
    all.push_back(Removal::of<services::UnregisterService>(service));
  for (const std::string& task : installation.tasks) {
    all.push_back(Removal::of<tasks::UnregisterTask>(task));
    all.back().is_vital = false;
  }
  all.push_back(Removal::of<registry::RemoveFromPath>(installation.folder));
  all.push_back(Removal::of<registry::UnregisterNetshHelper>(installation.netsh_helper));
  return all;
}

Contexts PreserveInstallation::contexts() const {
  const std::string installation = "the installation in " + given_.installation.folder;
  return {.capture = {"while looking at " + installation, ExitCode::kCopyFile},
          .apply = {"while preserving " + installation, ExitCode::kCopyFile},
          .undo = {"while putting back " + installation, ExitCode::kCopyFile}};
}

PreserveInstallation::Images::Registration PreserveInstallation::look_at(Machine& machine,
                                                                         const Removal& removal) {
  const Action& action = *removal.action;
  Images::Registration row{std::string(action.kind()), action.target(), {}, {}};
  auto failure = removal.attempt([&] { row.before = action.capture(machine); });
  if (failure) {
    row.before = write_image(tasks::TaskImage());
    row.unread = failure->add_context("which an undo would not put back").to_json();
  }
  return row;
}

PreserveInstallation::Before PreserveInstallation::find(Machine& machine) const {
  machine::Files& files = machine.files();
  FileTree tree = FileTree::below(files, given_.installation.folder);
  Before before;
  for (const FileTree::File& file : tree.files) {
    before.files.push_back({file.path, copy_name(before.files.size()), file.info.id,
                            files.sha256(file.path), file.info.size, file.info.readonly});
  }
  for (const Removal& removal : removals())
    before.registrations.push_back(look_at(machine, removal));
  before.work_folder = files.stat(given_.work_folder).has_value();
  before.folders = std::move(tree.folders);
  before.links = std::move(tree.links);
  return before;
}

void PreserveInstallation::check(const Before& before) const {
  const auto wanted = removals();
  const bool are_same =
      std::equal(before.registrations.begin(), before.registrations.end(), wanted.begin(),
                 wanted.end(), [](const auto& found, const Removal& removal) {
                   return found.kind == removal.action->kind();
                 });
  if (!are_same) refuse_before("registrations", "the parameters have others");
  for (std::size_t i = 0; i < wanted.size(); ++i)
    wanted[i].check_before(before.registrations[i].before);
}

void PreserveInstallation::keep(machine::Files& files, const RetainedFolder& retained,
                                const KeptFile& file) const {
  const std::string copy = retained.file(file.copy);
  if (files.stat(copy)) {
    if (files.sha256(copy) == file.sha256) return;
    files.remove(copy);
  }
  if (files.copy_in(files.native_path(file.path), copy).sha256 == file.sha256) return;
  throw Failure(ExitCode::kCopyFile, file.path,
                "keep a copy of " + file.path + ": somebody changed it meanwhile");
}

PreserveInstallation::After PreserveInstallation::change(Machine& machine, const Before& before,
                                                         Deadline deadline) const {
  if (before.has_folder()) {
    machine::Files& files = machine.files();
    RetainedFolder retained(files, given_.work_folder);
    retained.open(kind(), parameters(), write_image(before));
    std::vector<std::string> durable{given_.work_folder, retained.path()};
    for (const KeptFile& file : before.files) {
      check_deadline(machine.system(), deadline, file.path, "keep a copy of all files");
      keep(files, retained, file);
      durable.push_back(retained.file(file.copy));
    }
    files.sync(durable);
  }
  return {before.files.size()};
}

std::optional<Failure> PreserveInstallation::shortfall(const Json& before,
                                                       const Json& /*after*/) const {
  for (const Images::Registration& row : read_before(before).registrations) {
    if (row.unread) return Failure::from_json(*row.unread);
  }
  return std::nullopt;
}

PreserveInstallation::FileFound PreserveInstallation::inspect(machine::Files& files,
                                                              const RetainedFolder& retained,
                                                              const KeptFile& file,
                                                              bool all_kept) const {
  using enum FileFound;
  if (const auto there = files.stat(file.path)) {
    return is_as_captured(files, file, *there) ? kIntact : kForeign;
  }
  const std::string copy = retained.file(file.copy);
  if (files.stat(copy) && files.sha256(copy) == file.sha256) return kMissing;
  return all_kept ? kLost : kForeign;
}

void PreserveInstallation::put_back(machine::Files& files, const RetainedFolder& retained,
                                    const KeptFile& file, FileFound found,
                                    UndoResult& result) const {
  const std::string copy = retained.file(file.copy);
  const bool has_copy = files.stat(copy).has_value();
  switch (found) {
    case FileFound::kIntact:
      if (has_copy) files.remove(copy);
      return;
    case FileFound::kMissing:
      if (file.readonly) files.set_readonly(copy, true);
      files.rename(copy, file.path);
      return;
    case FileFound::kForeign:
      result.foreign.push_back(
          file.path + (has_copy ? " is not the file that was preserved; it is left, and the "
                                  "preserved one is kept as " +
                                      copy
                                : " was changed or taken away by somebody else before a copy of "
                                  "it was kept; left so"));
      return;
    case FileFound::kLost:
      result.kind = UndoResult::Kind::kFailed;
      result.failure = Failure(
          ExitCode::kCopyFile, file.path,
          "put " + file.path + " back: its copy " + copy + " is not there any more, or damaged");
      return;
  }
}

void PreserveInstallation::put_files_back(machine::Files& files, const Before& before,
                                          bool all_kept, UndoResult& result) const {
  if (!before.has_folder()) return;
  RetainedFolder retained(files, given_.work_folder);
  bool all_back = true;
  if (retained.has_begun(kind())) {
    make_folders(files, missing_folders(files, before.folders));
    for (const KeptFile& file : before.files) {
      const FileFound found = inspect(files, retained, file, all_kept);
      put_back(files, retained, file, found, result);
      if (found == FileFound::kForeign && files.stat(retained.file(file.copy))) all_back = false;
    }
  }
  // Also where an earlier undo ended in the middle of the close.
  if (all_back && result.kind == UndoResult::Kind::kUndone)
    retained.close(kind(), !before.work_folder);
}

UndoResult PreserveInstallation::take_back(Machine& machine, const Before& before,
                                           const AfterIfKnown& after, Deadline deadline) const {
  UndoResult result;
  put_files_back(machine.files(), before, after.has_value(), result);
  const auto all = removals();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Images::Registration& row = before.registrations[i];
    if (row.unread) {
      result.foreign.push_back(row.target +
                               " is not put back: " + Failure::from_json(*row.unread).message());
      continue;
    }
    const auto failure = all[i].attempt(
        [&] { add(result, all[i].action->undo(machine, row.before, nullptr, deadline)); });
    if (failure) result.foreign.push_back(row.target + " is not put back: " + failure->message());
  }
  return result;
}

Probe PreserveInstallation::compare(Machine& machine, const Before& before,
                                    const AfterIfKnown& after) const {
  machine::Files& files = machine.files();
  const auto all = removals();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Images::Registration& row = before.registrations[i];
    Probe found = Probe::kBefore;
    if (!row.unread)
      all[i].attempt([&] { found = all[i].action->probe(machine, row.before, nullptr); });
    if (found == Probe::kMoving) return Probe::kMoving;
    if (found != Probe::kBefore) return Probe::kForeign;
  }
  RetainedFolder retained(files, given_.work_folder);
  bool all_kept = true;
  for (const KeptFile& file : before.files) {
    const auto there = files.stat(file.path);
    if (!there || !is_as_captured(files, file, *there)) return Probe::kForeign;
    const auto copy = files.stat(retained.file(file.copy));
    all_kept = all_kept && copy && copy->size == file.size;
  }
  if (!before.has_folder()) return after ? Probe::kAfter : Probe::kBefore;
  if (!retained.has_begun(kind())) return Probe::kBefore;
  return all_kept ? Probe::kAfter : Probe::kBetween;
}

}  // namespace actions::files
