#include "actions/machine/simulated/disk/folder_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "actions/machine/sha256.h"
#include "actions/machine/simulated/disk/posix_host_files.h"

namespace machine::simulated::disk {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIdAttribute = "user.ebpf.file_id";  // "<id> <inode:birth>"
constexpr mode_t kWriteBits = S_IWUSR | S_IWGRP | S_IWOTH;
constexpr mode_t kModeBits = 07777U;

// "<inode>:<birth in ns>", hex.
std::string inode_and_birth(const std::string& path) {
  struct statx info = {};
  if (::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, &info) != 0)
    return {};
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

std::optional<StoredId> stored_id(const std::string& path) {
  std::array<char, 128> buffer{};
  const ssize_t size = ::lgetxattr(path.c_str(), kIdAttribute, buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return std::nullopt;
  return StoredId{text.substr(0, space), text.substr(space + 1)};
}

void store_id(const std::string& path, const std::string& id, const std::string& given_for) {
  const std::string text = id + " " + given_for;
  ::lsetxattr(path.c_str(), kIdAttribute, text.data(), text.size(), 0);
}

[[noreturn]] void fail_on_host(const char* tried, const std::string& path, int error) {
  throw fs::filesystem_error(tried, path, std::error_code(error, std::generic_category()));
}

}  // namespace

std::optional<Tree::Entry> FolderTree::look(const std::string& path) const {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  Entry entry;
  if (S_ISDIR(info.st_mode)) entry.kind = FileKind::kFolder;
  if (S_ISLNK(info.st_mode)) entry.kind = FileKind::kLink;
  if (entry.kind == FileKind::kFile) entry.size = static_cast<std::uint64_t>(info.st_size);
  entry.readonly = (info.st_mode & S_IWUSR) == 0;
  return entry;
}

bool FolderTree::is_folder(const std::string& path) const {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::vector<std::string> FolderTree::names(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored))
    names.push_back(entry->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string FolderTree::link_target(const std::string& path) const {
  return fs::read_symlink(path).string();
}

std::string FolderTree::read(const std::string& path) const { return read_host_file(path); }

std::string FolderTree::sha256(const std::string& path) const { return sha256_of_host_file(path); }

std::optional<PeVersion> FolderTree::version(const std::string& path) const {
  return read_pe_version_of_file(path);
}

std::string FolderTree::file_id(const std::string& path) const {
  const std::string key = inode_and_birth(path);
  const auto stored = stored_id(path);
  if (stored && stored->given_for == key) return stored->id;
  std::string id = sha256_of("file id of " + key).substr(0, 32);
  store_id(path, id, key);
  return id;
}

void FolderTree::write(const std::string& path, std::string_view content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) fail_on_host("write", path, errno == 0 ? EIO : errno);
}

bool FolderTree::is_source(const std::string& source) const {
  std::error_code ignored;
  return fs::is_regular_file(source, ignored);
}

Tree::Copied FolderTree::copy_in(const std::string& source, const std::string& path,
                                 std::uint64_t room) {
  std::ifstream in(source, std::ios::binary);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  Sha256 hash;
  Copied copied;
  std::array<char, 262144> buffer{};
  while (!copied.full && out && in) {
    in.read(buffer.data(), buffer.size());
    const auto size = static_cast<std::uint64_t>(in.gcount());
    copied.size += size;
    copied.full = copied.size > room;
    if (copied.full) break;
    hash.update(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    out.write(buffer.data(), in.gcount());
  }
  out.close();
  copied.failed = !copied.full && (!out || in.bad());
  if (copied.full || copied.failed) fs::remove(path);
  copied.sha256 = hash.finish();
  return copied;
}

void FolderTree::make_folder(const std::string& path) { fs::create_directory(path); }

void FolderTree::make_link(const std::string& path, const std::string& target) {
  fs::create_symlink(target, path);
}

void FolderTree::rename(const std::string& from, const std::string& to) { fs::rename(from, to); }

void FolderTree::remove(const std::string& path) { fs::remove(path); }

void FolderTree::remove_all(const std::string& path) { fs::remove_all(path); }

void FolderTree::set_readonly(const std::string& path, bool readonly) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0 || S_ISLNK(info.st_mode)) return;
  const mode_t mode = info.st_mode & kModeBits;
  ::chmod(path.c_str(), readonly ? mode & ~kWriteBits : mode | S_IWUSR);
}

void FolderTree::resize(const std::string& path, std::uint64_t bytes) {
  fs::resize_file(path, bytes);
}

std::string FolderTree::identity(const std::string& path) const { return inode_and_birth(path); }

void FolderTree::adopt_copy(const std::string& path) const {
  if (const auto stored = stored_id(path)) store_id(path, stored->id, inode_and_birth(path));
}

void FolderTree::take_id(const std::string& id, const std::string& path) const {
  store_id(path, id, inode_and_birth(path));
}

}  // namespace machine::simulated::disk
