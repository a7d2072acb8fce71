#include "actions/files/preserve_installation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "actions/context.h"
#include "actions/deadline.h"
#include "actions/fields.h"
#include "actions/files/file_tree.h"
#include "actions/files/made_folders.h"
#include "actions/files/retained_folder.h"
#include "actions/machine/paths.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/services/unregister_service.h"
#include "actions/tasks/unregister_task.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

std::string copy_name(std::size_t index) {
  std::string number = std::to_string(index + 1);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return "preserved-" + number;
}

bool is_as_captured(machine::Files& door, const std::string& path, const machine::FileInfo& there,
                    const std::string& id, std::uint64_t size, const std::string& sha256) {
  if (there.kind != machine::FileKind::kFile || there.size != size) return false;
  return there.id == id || door.sha256(path) == sha256;
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

PreserveInstallation::PreserveInstallation(std::string work_folder, Installation installation)
    : work_folder_(std::move(work_folder)), installation_(std::move(installation)) {}

std::unique_ptr<Action> PreserveInstallation::from_parameters(const Json& parameters) {
  const Fields fields("parameters of preserve-installation", parameters);
  return std::make_unique<PreserveInstallation>(
      fields.absolute("work_folder"),
      Installation{fields.absolute("folder"), fields.texts("services"), fields.texts("tasks"),
                   fields.absolute("netsh_helper")});
}

Json PreserveInstallation::parameters() const {
  return {{"work_folder", work_folder_},
          {"folder", installation_.folder},
          {"services", installation_.services},
          {"tasks", installation_.tasks},
          {"netsh_helper", installation_.netsh_helper}};
}

std::string PreserveInstallation::sentence() const {
  std::string names;
  for (const std::string& service : installation_.services)
    names += (names.empty() ? "" : ", ") + service;
  return "Preserve the installation in " + installation_.folder + ", which is not ours" +
         (names.empty() ? "" : " (services " + names + ")");
}

std::string PreserveInstallation::undo_sentence() const {
  return "Put back what is missing of its files and registrations";
}

std::vector<std::unique_ptr<Action>> PreserveInstallation::removals() const {
  std::vector<std::unique_ptr<Action>> all;
  for (const std::string& service : installation_.services)
    all.push_back(std::make_unique<UnregisterService>(service));
  for (const std::string& task : installation_.tasks)
    all.push_back(std::make_unique<UnregisterTask>(task));
  all.push_back(std::make_unique<RemoveFromPath>(installation_.folder));
  all.push_back(std::make_unique<UnregisterNetshHelper>(installation_.netsh_helper));
  return all;
}

Json PreserveInstallation::capture(machine::Machine& machine) const {
  const std::string phrase = "while looking at the installation in " + installation_.folder;
  return in_context(phrase, ExitCode::kCopyFile, [&]() -> Json {
    machine::Files& door = machine.files();
    const FileTree tree = FileTree::below(door, installation_.folder);
    Json files = Json::array();
    for (const FileTree::File& file : tree.files) {
      files.push_back({{"path", file.path},
                       {"copy", copy_name(files.size())},
                       {"id", file.info.id},
                       {"sha256", door.sha256(file.path)},
                       {"size", file.info.size},
                       {"readonly", file.info.readonly}});
    }
    Json registrations = Json::array();
    for (const auto& removal : removals()) {
      registrations.push_back({{"kind", removal->kind()},
                               {"target", removal->target()},
                               {"before", removal->capture(machine)}});
    }
    return {{"work_folder", door.stat(work_folder_).has_value()},
            {"folders", tree.folders},
            {"links", tree.links},
            {"files", files},
            {"registrations", registrations}};
  });
}

PreserveInstallation::Before PreserveInstallation::read(const Json& json) const {
  const Fields fields("before-image of preserve-installation", json);
  Before before;
  before.work_folder = fields.flag("work_folder");
  before.folders = fields.absolutes("folders");
  for (const Fields& file : fields.objects("files")) {
    before.files.push_back({file.absolute("path"), file.name("copy"), file.text("id"),
                            file.hash("sha256"), file.number("size"), file.flag("readonly")});
  }
  const auto registrations = fields.objects("registrations");
  const auto wanted = removals();
  if (registrations.size() != wanted.size())
    fields.damaged("registrations", "the parameters have others");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (registrations[i].text("kind") != wanted[i]->kind())
      fields.damaged("registrations", "the parameters have others");
    before.registrations.push_back(json.at("registrations").at(i).value("before", Json()));
  }
  return before;
}

void PreserveInstallation::keep(machine::Files& door, const RetainedFolder& retained,
                                const KeptFile& file) const {
  const std::string copy = retained.file(file.copy);
  if (door.stat(copy)) {
    if (door.sha256(copy) == file.sha256) return;
    door.remove(copy);
  }
  if (door.copy_in(door.native_path(file.path), copy).sha256 == file.sha256) return;
  throw Failure(ExitCode::kCopyFile, file.path,
                "keep a copy of " + file.path + ": somebody changed it meanwhile");
}

Json PreserveInstallation::apply(machine::Machine& machine, const Json& before_image,
                                 Deadline deadline) const {
  const std::string phrase = "while preserving the installation in " + installation_.folder;
  return in_context(phrase, ExitCode::kCopyFile, [&]() -> Json {
    const Before before = read(before_image);
    if (before.has_folder()) {
      machine::Files& door = machine.files();
      RetainedFolder retained(door, work_folder_);
      retained.open(kind(), parameters(), before_image);
      std::vector<std::string> durable{work_folder_, retained.path()};
      for (const KeptFile& file : before.files) {
        check_deadline(machine.system(), deadline, file.path, "keep a copy of all files");
        keep(door, retained, file);
        durable.push_back(retained.file(file.copy));
      }
      door.sync(durable);
    }
    return {{"files", before.files.size()}};
  });
}

PreserveInstallation::FileFound PreserveInstallation::look(machine::Files& door,
                                                           const RetainedFolder& retained,
                                                           const KeptFile& file,
                                                           bool all_kept) const {
  using enum FileFound;
  if (const auto there = door.stat(file.path)) {
    return is_as_captured(door, file.path, *there, file.id, file.size, file.sha256) ? kIntact
                                                                                    : kForeign;
  }
  const std::string copy = retained.file(file.copy);
  if (door.stat(copy) && door.sha256(copy) == file.sha256) return kMissing;
  return all_kept ? kLost : kForeign;
}

void PreserveInstallation::put_back(machine::Files& door, const RetainedFolder& retained,
                                    const KeptFile& file, FileFound found,
                                    UndoResult& result) const {
  const std::string copy = retained.file(file.copy);
  const bool has_copy = door.stat(copy).has_value();
  switch (found) {
    case FileFound::kIntact:
      if (has_copy) door.remove(copy);
      return;
    case FileFound::kMissing:
      if (file.readonly) door.set_readonly(copy, true);
      door.rename(copy, file.path);
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

void PreserveInstallation::put_files_back(machine::Files& door, const Before& before, bool all_kept,
                                          UndoResult& result) const {
  if (!before.has_folder()) return;
  RetainedFolder retained(door, work_folder_);
  bool all_back = true;
  if (retained.has_begun(kind())) {
    make_folders(door, missing_folders(door, before.folders));
    for (const KeptFile& file : before.files) {
      const FileFound found = look(door, retained, file, all_kept);
      put_back(door, retained, file, found, result);
      if (found == FileFound::kForeign && door.stat(retained.file(file.copy))) all_back = false;
    }
  }
  // Also where an earlier undo ended in the middle of it.
  if (all_back && result.kind == UndoResult::Kind::kUndone)
    retained.close(kind(), !before.work_folder);
}

UndoResult PreserveInstallation::undo(machine::Machine& machine, const Json& before_image,
                                      const Json& after, Deadline deadline) const {
  const std::string phrase = "while putting back the installation in " + installation_.folder;
  return in_context(phrase, ExitCode::kCopyFile, [&] {
    const Before before = read(before_image);
    UndoResult result;
    put_files_back(machine.files(), before, !after.is_null(), result);
    const auto all = removals();
    for (std::size_t i = 0; i < all.size(); ++i)
      add(result, all[i]->undo(machine, before.registrations[i], nullptr, deadline));
    return result;
  });
}

Probe PreserveInstallation::probe(machine::Machine& machine, const Json& before_image,
                                  const Json& after) const {
  const std::string phrase = "while looking at the installation in " + installation_.folder;
  return in_context(phrase, ExitCode::kCopyFile, [&] {
    machine::Files& door = machine.files();
    const Before before = read(before_image);
    const auto all = removals();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const Probe found = all[i]->probe(machine, before.registrations[i], nullptr);
      if (found == Probe::kMoving) return Probe::kMoving;
      if (found != Probe::kBefore) return Probe::kForeign;
    }
    RetainedFolder retained(door, work_folder_);
    bool all_kept = true;
    for (const KeptFile& file : before.files) {
      const auto there = door.stat(file.path);
      if (!there || !is_as_captured(door, file.path, *there, file.id, file.size, file.sha256))
        return Probe::kForeign;
      const auto copy = door.stat(retained.file(file.copy));
      all_kept = all_kept && copy && copy->size == file.size;
    }
    if (!before.has_folder()) return after.is_null() ? Probe::kBefore : Probe::kAfter;
    if (!retained.has_begun(kind())) return Probe::kBefore;
    return all_kept ? Probe::kAfter : Probe::kBetween;
  });
}

}  // namespace actions
