#include "actions/machine/simulated/drive.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/sha256.h"

namespace machine::simulated {
namespace {

constexpr const char* kIdAttribute = "user.ebpf.file_id";  // "<id> <inode:birth>"
constexpr std::size_t kMaxComponent = 255;

bool is_reserved(std::string_view component) {
  static constexpr std::array kDevices{"con", "prn", "aux", "nul"};
  const std::string name = fold_case(component.substr(0, component.find('.')));
  if (std::find(kDevices.begin(), kDevices.end(), name) != kDevices.end()) return true;
  return name.size() == 4 && (name.starts_with("com") || name.starts_with("lpt")) &&
         name[3] >= '1' && name[3] <= '9';
}

bool is_valid(std::string_view component) {
  if (component.empty() || component.size() > kMaxComponent) return false;
  if (component.back() == '.' || component.back() == ' ') return false;
  const bool bad_byte = std::any_of(component.begin(), component.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 ||
           std::string_view("<>:\"|?*").find(c) != std::string_view::npos;
  });
  return !bad_byte && !is_reserved(component);
}

std::vector<std::string> components_of(std::string_view relative) {
  std::vector<std::string> components;
  while (!relative.empty()) {
    const std::size_t end = std::min(relative.find_first_of("\\/"), relative.size());
    components.emplace_back(relative.substr(0, end));
    relative.remove_prefix(std::min(end + 1, relative.size()));
  }
  return components;
}

// The name in a host folder that equals `name` without case.
std::optional<std::string> name_as_stored(const std::string& folder, const std::string& name) {
  DIR* entries = ::opendir(folder.c_str());
  if (entries == nullptr) return std::nullopt;
  const std::string folded = fold_case(name);
  std::optional<std::string> found;
  while (const dirent* entry = ::readdir(entries)) {
    if (fold_case(entry->d_name) == folded) {
      found = entry->d_name;
      break;
    }
  }
  ::closedir(entries);
  return found;
}

bool is_host_folder(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// "<inode>:<birth in ns>", hex.
std::string inode_and_birth(const std::string& host) {
  struct statx info = {};
  if (::statx(AT_FDCWD, host.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &info) != 0) {
    return {};
  }
  const auto birth = static_cast<unsigned long long>(info.stx_btime.tv_sec) * 1'000'000'000ULL +
                     info.stx_btime.tv_nsec;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%llx:%llx",
                static_cast<unsigned long long>(info.stx_ino), birth);
  return text.data();
}

struct StoredId {
  std::string id;
  std::string given_for;
};

std::optional<StoredId> stored_id(const std::string& host) {
  std::array<char, 128> buffer{};
  const ssize_t size = ::lgetxattr(host.c_str(), kIdAttribute, buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return StoredId{text.substr(0, space), text.substr(space + 1)};
}

void store_id(const std::string& host, const std::string& id, const std::string& given_for) {
  const std::string text = id + " " + given_for;
  ::lsetxattr(host.c_str(), kIdAttribute, text.data(), text.size(), 0);
}

}  // namespace

Place Drive::find(std::string_view path, const Attempt& attempt) const {
  if (path.size() < 3 || path[1] != ':' || (path[2] != '\\' && path[2] != '/')) {
    attempt.fail(kInvalidName);
  }
  if (path[0] != 'C' && path[0] != 'c') attempt.fail(kPathNotFound);
  const std::vector<std::string> components = components_of(path.substr(3));
  if (!std::all_of(components.begin(), components.end(), is_valid)) attempt.fail(kInvalidName);

  Place place;
  place.windows = "C:";
  place.host = root_;
  for (const std::string& component : components) {
    place.host += "/" + component;
    place.windows += "\\" + component;
  }
  place.exists = ::lstat(place.host.c_str(), &place.info) == 0;
  place.parent_exists = place.exists;
  if (components.empty()) place.windows = "C:\\";
  if (place.exists) return place;

  place.windows = "C:";
  place.host = root_;
  bool here = true;  // what was walked so far exists
  for (std::size_t i = 0; i < components.size(); ++i) {
    place.parent_exists = here && is_host_folder(place.host);
    const auto stored =
        place.parent_exists ? name_as_stored(place.host, components[i]) : std::nullopt;
    here = stored.has_value();
    place.host += "/" + stored.value_or(components[i]);
    place.windows += "\\" + stored.value_or(components[i]);
  }
  place.exists = here && ::lstat(place.host.c_str(), &place.info) == 0;
  return place;
}

Place Drive::find(std::string_view path) const {
  return find(path, Attempt{errors::ExitCode::kGeneric, "find", "CreateFile", path});
}

std::string Drive::file_id(const std::string& host) const {
  const std::string key = inode_and_birth(host);
  const auto stored = stored_id(host);
  if (stored && stored->given_for == key) return stored->id;
  std::string id = sha256_of("file id of " + key).substr(0, 32);
  store_id(host, id, key);
  return id;
}

void Drive::walk(const std::function<void(const Place&)>& visit) const {
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator entry(root_, ignored), end; entry != end;
       entry.increment(ignored)) {
    Place place;
    place.host = entry->path().string();
    place.windows = "C:" + place.host.substr(root_.size());
    std::replace(place.windows.begin(), place.windows.end(), '/', '\\');
    place.exists = ::lstat(place.host.c_str(), &place.info) == 0;
    place.parent_exists = true;
    if (place.exists) visit(place);
  }
}

std::uint64_t Drive::used_bytes() const {
  std::uint64_t total = 0;
  walk([&](const Place& place) { total += place.size(); });
  return total;
}

std::string Drive::identity() const { return inode_and_birth(root_); }

void Drive::adopt_copy() const {
  walk([](const Place& place) {
    const auto stored = stored_id(place.host);
    if (stored) store_id(place.host, stored->id, inode_and_birth(place.host));
  });
}

void Drive::take_id(const std::string& id, const Place& place) const {
  store_id(place.host, id, inode_and_birth(place.host));
}

bool is_image(const std::string& host) {
  std::ifstream in(host, std::ios::binary);
  std::array<char, 64> header{};
  if (!in.read(header.data(), header.size()) || header[0] != 'M' || header[1] != 'Z') return false;
  std::uint32_t offset = 0;  // e_lfanew, little-endian
  for (std::size_t i = 0; i < 4; ++i) {
    offset |= std::uint32_t{static_cast<unsigned char>(header[0x3c + i])} << (8 * i);
  }
  std::array<char, 4> signature{};
  in.seekg(static_cast<std::streamoff>(offset));
  return in.read(signature.data(), signature.size()) &&
         std::string_view(signature.data(), signature.size()) == std::string_view("PE\0\0", 4);
}

}  // namespace machine::simulated
