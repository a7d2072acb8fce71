#include "actions/machine/simulated/interfaces/simulated_files.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "actions/machine/paths.h"

namespace machine::simulated::interfaces {
namespace {

using errors::ExitCode;

constexpr std::uint64_t kDiskSize = std::uint64_t{64} << 30U;  // where nothing is armed

std::uint32_t missing(const disk::Place& place) {
  return place.parent_exists ? kFileNotFound : kPathNotFound;
}

void refuse_if_armed(MachineCall& call, const disk::Place& place, const Attempt& attempt) {
  const auto& paths = call.state().behaviours.paths;
  if (paths.empty()) return;
  const auto armed = paths.find(fold_case(place.windows));
  if (armed != paths.end() && armed->second.fails) attempt.fail(*armed->second.fails);
}

bool is_in_use(MachineCall& call, const disk::Place& place) {
  return !call.state().loaded.empty() && call.state().is_loaded(call.drive().file_id(place));
}

// Windows does not rename a folder with something open below it.
bool holds_something_in_use(MachineCall& call, const disk::Place& folder) {
  if (call.state().loaded.empty()) return false;
  bool found = false;
  call.drive().walk([&](const disk::Place& place) {
    if (!found && place.is_file() && is_within(place.windows, folder.windows)) {
      found = is_in_use(call, place);
    }
  });
  return found;
}

std::uint64_t free_space(MachineCall& call) {
  const auto& limit = call.state().behaviours.disk_full_at;
  if (!limit) return kDiskSize;
  const std::uint64_t used = call.drive().used_bytes();
  return used >= *limit ? 0 : *limit - used;
}

// Also behind a link.
void refuse_what_is_no_file(MachineCall& call, const disk::Place& place, const Attempt& attempt) {
  const disk::Tree& tree = call.drive().tree();
  if (tree.is_folder(place.host)) attempt.fail(kAccessDenied);
  if (place.is_link() && !tree.is_source(tree.native_path(place.host))) attempt.fail(kFileNotFound);
}

disk::Place made(MachineCall& call, const disk::Place& place) {
  return call.drive().find(place.windows);
}

}  // namespace

std::optional<FileInfo> SimulatedFiles::stat(std::string_view path) {
  MachineCall call(context_);
  const disk::Place place =
      call.drive().find(path, {ExitCode::kGeneric, "look at", "GetFileAttributesEx", path});
  if (!place.exists()) return std::nullopt;
  FileInfo info;
  if (place.is_folder()) info.kind = FileKind::kFolder;
  if (place.is_link()) info.kind = FileKind::kLink;
  info.size = place.size();
  info.readonly = place.is_readonly();
  info.id = call.drive().file_id(place);
  return info;
}

std::vector<std::string> SimulatedFiles::list(std::string_view folder) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kFolderNotFound, "list", "FindFirstFileEx", folder};
  const disk::Place place = call.drive().find(folder, attempt);
  if (!place.exists()) attempt.fail(kPathNotFound);
  if (!call.drive().tree().is_folder(place.host)) attempt.fail(kDirectory);
  return call.drive().tree().names(place.host);
}

std::string SimulatedFiles::read(std::string_view path, std::uint64_t max_bytes) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kGeneric, "read", "CreateFile", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  refuse_what_is_no_file(call, place, attempt);
  if (place.size() > max_bytes) attempt.fail(kFileTooLarge);
  return call.drive().tree().read(place.host);
}

std::string SimulatedFiles::sha256(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kGeneric, "hash", "CreateFile", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  refuse_what_is_no_file(call, place, attempt);
  return call.drive().tree().sha256(place.host);
}

std::optional<PeVersion> SimulatedFiles::version(std::string_view path) {
  MachineCall call(context_);
  const disk::Place place = call.drive().find(
      path, {ExitCode::kGeneric, "read the version of", "GetFileVersionInfo", path});
  if (!place.is_file()) return std::nullopt;
  return call.drive().tree().version(place.host);
}

std::optional<std::string> SimulatedFiles::other_writer(std::string_view folder,
                                                        const std::vector<std::string>& trusted) {
  MachineCall call(context_);
  const auto& paths = call.state().behaviours.paths;
  const std::vector<std::string>& members = call.state().behaviours.administrators;
  const auto is_trusted = [&](const std::string& name) {
    const auto same = [&name](const std::string& other) { return equal_names(name, other); };
    return std::ranges::any_of(members, same) || std::ranges::any_of(trusted, same);
  };
  const Attempt attempt{ExitCode::kGeneric, "look at", "CreateFile", folder};
  for (std::string at = call.drive().find(folder, attempt).windows; !at.empty(); at = parent(at)) {
    const auto armed = paths.find(fold_case(at));
    if (armed == paths.end() || armed->second.owner.empty()) continue;
    if (!is_trusted(armed->second.owner)) return armed->second.owner + " (its owner)";
  }
  return std::nullopt;
}

void SimulatedFiles::create_folder(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateFolder, "make folder", "CreateDirectory", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (place.exists()) attempt.fail(kAlreadyExists);
  if (!place.parent_exists) attempt.fail(kPathNotFound);
  refuse_if_armed(call, place, attempt);
  call.drive().tree().make_folder(place.host);
  call.unsynced().created(made(call, place));
}

std::optional<std::string> SimulatedFiles::create_private_folder(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCreateFolder, "make private folder", "CreateDirectory", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.parent_exists) attempt.fail(kPathNotFound);
  refuse_if_armed(call, place, attempt);
  std::optional<std::string> moved_to;
  if (place.exists()) {
    auto& paths = call.state().behaviours.paths;
    const auto armed = paths.find(fold_case(place.windows));
    const bool foreign = armed != paths.end() && !armed->second.owner.empty();
    if (place.is_folder() && !foreign) return std::nullopt;
    disk::Place aside;
    for (int n = 1; n == 1 || aside.exists(); ++n) {
      aside = call.drive().find(place.windows + ".untrusted-" + std::to_string(n));
    }
    call.drive().tree().rename(place.host, aside.host);
    call.unsynced().renamed(place, aside);
    moved_to = aside.windows;
    if (foreign) {  // who owns it goes with it
      PathBehaviour goes = armed->second;
      goes.path = aside.windows;
      paths.erase(armed);
      paths[fold_case(aside.windows)] = goes;
      call.changed();
    }
  }
  call.drive().tree().make_folder(place.host);
  call.unsynced().created(made(call, place));
  return moved_to;
}

void SimulatedFiles::remove_folder(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kDeleteFolder, "delete folder", "RemoveDirectory", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  if (place.is_file()) attempt.fail(kDirectory);
  refuse_if_armed(call, place, attempt);
  if (place.is_link()) {
    call.unsynced().remove(place);  // the link, not what it leads to
    return;
  }
  if (!call.drive().tree().names(place.host).empty()) attempt.fail(kDirNotEmpty);
  call.unsynced().remove_folder(place);
}

CopiedFile SimulatedFiles::copy_in(const std::string& host_source, std::string_view target) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCopyFile, "copy to", "CreateFile", target};
  const disk::Place place = call.drive().find(target, attempt);
  if (place.exists()) attempt.fail(kFileExists);
  if (!place.parent_exists) attempt.fail(kPathNotFound);
  refuse_if_armed(call, place, attempt);
  const std::uint64_t space = call.state().behaviours.disk_full_at
                                  ? free_space(call)
                                  : std::numeric_limits<std::uint64_t>::max();
  const Attempt reading{ExitCode::kCopyFile, "read", "CreateFile", host_source};
  disk::Tree& tree = call.drive().tree();
  if (!tree.is_source(host_source)) reading.fail(kFileNotFound);
  const Attempt writing{ExitCode::kCopyFile, "copy to", "WriteFile", target};
  const disk::Tree::Copied copied = tree.copy_in(host_source, place.host, space);
  if (copied.full || copied.failed) writing.fail(copied.full ? kDiskFull : kIoDevice);
  const disk::Place copy = made(call, place);
  call.unsynced().created(copy);
  call.unsynced().written(copy);
  return {copied.size, copied.sha256, call.drive().file_id(copy)};
}

void SimulatedFiles::write(std::string_view path, std::string_view content) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCopyFile, "write", "CreateFile", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.parent_exists) attempt.fail(kPathNotFound);
  refuse_if_armed(call, place, attempt);
  if (place.exists()) {
    refuse_what_is_no_file(call, place, attempt);
    if (place.is_readonly()) attempt.fail(kAccessDenied);
    if (is_in_use(call, place)) attempt.fail(kSharingViolation);
  }
  if (call.state().behaviours.disk_full_at && content.size() > free_space(call) + place.size()) {
    attempt.fail(kDiskFull);
  }
  call.drive().tree().write(place.host, content);
  const disk::Place written = made(call, place);
  if (!place.exists()) call.unsynced().created(written);
  call.unsynced().written(written);
}

void SimulatedFiles::rename(std::string_view from, std::string_view to) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCopyFile, "rename", "MoveFileEx", from};
  const disk::Place source = call.drive().find(from, attempt);
  const bool other_drive = !to.empty() && !equal_paths(drive(from), drive(to));
  if (!source.exists()) attempt.fail(missing(source));
  if (other_drive) attempt.fail(kNotSameDevice);
  disk::Place target = call.drive().find(to, attempt);
  if (!target.parent_exists) attempt.fail(kPathNotFound);
  const bool only_case = equal_paths(source.windows, target.windows);
  if (target.exists() && !only_case) attempt.fail(kAlreadyExists);
  if (!only_case && source.is_folder() && is_within(target.windows, source.windows)) {
    attempt.fail(kSharingViolation);
  }
  refuse_if_armed(call, source, attempt);
  refuse_if_armed(call, target, attempt);
  if (source.is_folder() && holds_something_in_use(call, source)) attempt.fail(kAccessDenied);
  if (only_case) {  // the new case is in the last name alone
    const std::string name = file_name(to);
    target.windows = join(parent(source.windows), name);
    target.host = source.host.substr(0, source.host.rfind('/') + 1) + name;
  }
  try {
    call.drive().tree().rename(source.host, target.host);
  } catch (const std::filesystem::filesystem_error& error) {
    // Into itself by way of a link.
    if (error.code() == std::errc::invalid_argument) attempt.fail(kSharingViolation);
    throw;
  }
  call.unsynced().renamed(source, target);
}

void SimulatedFiles::remove(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kDeleteFolder, "delete", "DeleteFile", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  refuse_if_armed(call, place, attempt);
  if (place.is_folder() || place.is_readonly()) attempt.fail(kAccessDenied);
  if (is_in_use(call, place)) attempt.fail(kAccessDenied);
  call.unsynced().remove(place);
}

void SimulatedFiles::remove_at_boot(std::string_view path) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kDeleteFolder, "delete at the next boot", "MoveFileEx", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  refuse_if_armed(call, place, attempt);
  call.state().pending_renames.push_back({place.windows, ""});
  call.changed();
}

void SimulatedFiles::set_readonly(std::string_view path, bool readonly) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kCopyFile, "change the attributes of", "SetFileAttributes", path};
  const disk::Place place = call.drive().find(path, attempt);
  if (!place.exists()) attempt.fail(missing(place));
  refuse_if_armed(call, place, attempt);
  call.drive().tree().set_readonly(place.host, readonly);
  call.unsynced().set_readonly(place);
}

void SimulatedFiles::sync(std::span<const std::string> paths) {
  MachineCall call(context_);
  std::vector<disk::Place> places;
  for (const std::string& path : paths) {
    const Attempt attempt{ExitCode::kCopyFile, "sync", "FlushFileBuffers", path};
    places.push_back(call.drive().find(path, attempt));
    if (!places.back().exists()) attempt.fail(missing(places.back()));
  }
  call.unsynced().sync(places);
}

std::uint64_t SimulatedFiles::free_bytes(std::string_view path) {
  MachineCall call(context_);
  call.drive().find(path, {ExitCode::kGeneric, "measure the disk of", "GetDiskFreeSpaceEx", path});
  return free_space(call);
}

std::string SimulatedFiles::native_path(std::string_view path) {
  MachineCall call(context_);
  const disk::Place place = call.drive().find(
      path, {ExitCode::kGeneric, "find the native path of", "GetFullPathName", path});
  return call.drive().tree().native_path(place.host);
}

}  // namespace machine::simulated::interfaces
