#include "tests/lab/camera.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>
#include <string_view>
#include <system_error>

#include "tests/lab/temporary_folder.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kNothingLost = 1;  // seeds of a power cut
constexpr const char* kReserve = "reserve";

std::int64_t modified_ns(const struct stat& info) {
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

[[noreturn]] void fail(const char* what, const std::string& path) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + path);
}

bool is_left_out(std::string_view name) { return name.ends_with("-shm"); }

// SQLite's own, for which a process has locks.
bool is_database(std::string_view name) { return name.starts_with("journal.db"); }

bool equal(const Bytes& left, const Bytes& right) {
  return left == right || (left && right && *left == *right);
}

// Pages of a file are lost one by one: each is as it was synced, or as it was written since.
std::string lose_a_part(const std::string& durable, const std::string& content,
                        std::mt19937_64& random) {
  constexpr std::size_t kSector = 512;
  std::string left = content.substr(0, durable.size() + random() % (content.size() + 1));
  for (std::size_t at = 0; at < left.size(); at += kSector) {
    if (random() % 2 == 0) continue;
    for (std::size_t i = at; i < std::min(at + kSector, left.size()); ++i)
      left[i] = i < durable.size() ? durable[i] : '\0';
  }
  return left;
}

std::string left_of(const HostFile& file, std::uint64_t seed, std::mt19937_64& random) {
  if (file.durable == nullptr || seed == kNothingLost) return *file.content;
  return seed == 0 ? *file.durable : lose_a_part(*file.durable, *file.content, random);
}

void put(const std::string& path, const std::string& content, mode_t mode) {
  ::unlink(path.c_str());
  write_file(path, content);
  if (::chmod(path.c_str(), mode) != 0) fail("chmod", path);
}

}  // namespace

bool HostFile::operator==(const HostFile& other) const {
  return mode == other.mode && equal(content, other.content) && equal(durable, other.durable);
}

bool Photograph::operator==(const Photograph& other) const {
  return files == other.files && folders == other.folders && machine == other.machine;
}

std::size_t Photograph::fingerprint() const {
  const std::hash<std::string> hash;
  std::size_t all = hash(machine.state->text()) + machine.effects->size();
  for (const auto& [path, file] : files)
    all = all * 31 + hash(path) + file.content->size();
  return all;
}

bool Photograph::has_unsynced() const {
  const auto& unflushed = machine.state->state().unflushed;
  return !machine.effects->empty() || !unflushed.services.empty() || !unflushed.registry.empty() ||
         !unflushed.tasks.empty() || unflushed.replaced_renames ||
         unflushed.durable_pending_renames < machine.state->state().pending_renames.size() ||
         std::any_of(files.begin(), files.end(),
                     [](const auto& row) { return row.second.durable != nullptr; });
}

struct Camera::Descriptor {
  explicit Descriptor(const std::string& path)
      : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) {
    if (fd < 0) fail("open", path);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd); }
  int fd;
};

Camera::Camera(machine::simulated::MemoryVm& vm, std::vector<fs::path> folders)
    : vm_(vm), folders_(std::move(folders)) {
  folders_.emplace_back(vm.home());
  take();
}

Camera::~Camera() = default;

Bytes Camera::content(const std::string& path, int descriptor) {
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0) fail("look at", path);
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t size = ::pread(descriptor, bytes.data(), bytes.size(), 0);
  if (size != info.st_size) fail("read", path);
  Bytes& last = last_[path];
  if (last == nullptr || *last != bytes)
    last = std::make_shared<const std::string>(std::move(bytes));
  return last;
}

Bytes Camera::read(const std::string& path, const std::string& name) {
  if (!is_database(name)) return content(path, Descriptor(path).fd);
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) fail("look at", path);
  auto& open = open_[{info.st_dev, info.st_ino}];
  if (open == nullptr) open = std::make_unique<Descriptor>(path);
  return content(path, open->fd);
}

bool Camera::is_known(const std::string& path, const struct stat& info) const {
  const auto known = reserves_.find(path);
  return known != reserves_.end() && known->second.inode == info.st_ino &&
         known->second.modified_ns == modified_ns(info) &&
         known->second.content->size() == static_cast<std::size_t>(info.st_size);
}

void Camera::know(const std::string& path, const Bytes& content) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) fail("look at", path);
  reserves_[path] = {info.st_ino, modified_ns(info), content};
}

bool Camera::look_at(const std::string& path, Seen& seen) {
  if (seen.folders.contains(path)) return false;
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) fail("look at", path);
    seen.files.erase(path);
    return true;
  }
  if (S_ISDIR(info.st_mode)) return false;
  const std::string name = fs::path(path).filename().string();
  if (is_left_out(name)) return true;
  HostFile& file = seen.files[path];
  if (name == kReserve && is_known(path, info)) {
    file.content = reserves_.at(path).content;
  } else {
    file.content = read(path, name);
    if (name == kReserve) know(path, file.content);
  }
  file.mode = info.st_mode & 07777U;
  return true;
}

const Camera::Seen& Camera::look_into(const std::string& folder) {
  const auto known = seen_.find(folder);
  if (known != seen_.end()) return known->second;
  Seen& seen = seen_[folder];
  watch_.add(folder);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (!look_at(path, seen)) seen.folders.insert(path);
  }
  return seen;
}

// With the folders in it.
void Camera::forget(const std::string& folder) {
  std::erase_if(seen_,
                [&](const auto& row) { return (row.first + "/").starts_with(folder + "/"); });
}

void Camera::forget_changes() {
  const auto changes = watch_.changes();
  if (!changes) return seen_.clear();
  for (const auto& change : *changes) {
    const std::string& folder = change.first;  // no binding: a lambda of Clang 14 takes none
    const auto seen = seen_.find(folder);
    if (seen == seen_.end()) continue;
    const bool files_alone = std::ranges::all_of(change.second, [&](const std::string& name) {
      return !name.empty() && look_at(folder + "/" + name, seen->second);
    });
    if (!files_alone) forget(folder);
  }
}

void Camera::show(const std::string& folder, Photograph& photograph) {
  const Seen& seen = look_into(folder);
  photograph.files.insert(seen.files.begin(), seen.files.end());
  for (const std::string& inner : seen.folders) {
    photograph.folders.push_back(inner);
    show(inner, photograph);
  }
}

Photograph Camera::take() {
  forget_changes();
  Photograph photograph;
  photograph.machine = vm_.value();
  for (const fs::path& folder : folders_)
    show(folder.string(), photograph);
  for (const auto& [path, durable] : durable_) {
    const auto file = photograph.files.find(path);
    if (file != photograph.files.end()) file->second.durable = durable;
  }
  std::erase_if(last_, [&](const auto& row) { return !photograph.files.contains(row.first); });
  return photograph;
}

void Camera::tell(const std::string& path, VfsLayer::Done done) {
  switch (done) {
    case VfsLayer::Done::kWritten:
    case VfsLayer::Done::kTruncated:
      if (!durable_.contains(path)) {
        const auto before = last_.find(path);
        durable_[path] =
            before == last_.end() ? std::make_shared<const std::string>() : before->second;
      }
      return;
    case VfsLayer::Done::kDeleted:
      last_.erase(path);
      durable_.erase(path);
      return;
    case VfsLayer::Done::kSynced:
      durable_.erase(path);
      return;
  }
}

// Of the reserve alone, which is large: the rest is made anew.
bool Camera::is_as_shown(const fs::path& path, const Photograph& photograph) const {
  struct stat info = {};
  const auto shown = photograph.files.find(path.string());
  return path.filename() == kReserve && shown != photograph.files.end() &&
         ::lstat(path.c_str(), &info) == 0 && is_known(path.string(), info) &&
         reserves_.at(path.string()).content == shown->second.content &&
         (info.st_mode & 07777U) == shown->second.mode;
}

void Camera::empty(const fs::path& folder, const std::set<std::string>& kept,
                   const Photograph& photograph) const {
  std::vector<fs::path> there;
  for (const auto& entry : fs::directory_iterator(folder))
    there.push_back(entry.path());
  for (const fs::path& path : there) {
    if (kept.contains(path.string()) && fs::is_directory(fs::symlink_status(path))) {
      empty(path, kept, photograph);
    } else if (!is_as_shown(path, photograph)) {
      fs::remove_all(path);
    }
  }
}

void Camera::restore(const Photograph& photograph) {
  restore_without_power(photograph, kNothingLost);
  for (const auto& [path, file] : photograph.files)
    if (file.durable != nullptr) durable_[path] = file.durable;
}

void Camera::restore_without_power(const Photograph& photograph, std::uint64_t seed) {
  durable_.clear();
  const std::set<std::string> wanted(photograph.folders.begin(), photograph.folders.end());
  for (const fs::path& folder : folders_)
    empty(folder, wanted, photograph);
  for (const std::string& folder : photograph.folders)
    fs::create_directory(folder);
  std::mt19937_64 random(seed);
  for (const auto& [path, file] : photograph.files) {
    if (is_as_shown(path, photograph)) continue;
    put(path, left_of(file, seed, random), file.mode);
    if (fs::path(path).filename() == kReserve) know(path, file.content);
  }
  vm_.put(photograph.machine);
}

}  // namespace lab
