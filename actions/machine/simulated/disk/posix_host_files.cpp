#include "actions/machine/simulated/disk/posix_host_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "actions/machine/sha256.h"
#include "errors/failure.h"

namespace machine::simulated::disk {
namespace {

namespace fs = std::filesystem;

errors::Failure host_failure(std::string_view verb, const std::string& path, std::string_view api,
                             int error) {
  const auto code =
      error == ENOSPC || error == EDQUOT ? errors::ExitCode::kDiskFull : errors::ExitCode::kGeneric;
  return {code, path, std::string(verb) + " " + path,
          errors::SystemError{std::string(api), error, std::generic_category().message(error)}};
}

// A descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, std::string_view verb)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw host_failure(verb, path, "open", errno);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

// Calls `take` with piece after piece.
template <typename Take>
void read_pieces(const std::string& path, Take take) {
  const Descriptor file(path, O_RDONLY, "read");
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw host_failure("read", path, "read", errno);
    if (size == 0) return;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  }
}

void write_all(const Descriptor& file, std::string_view content, const std::string& path) {
  while (!content.empty()) {
    const ssize_t size = ::write(file.get(), content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw host_failure("write", path, "write", errno);
    content.remove_prefix(static_cast<std::size_t>(size));
  }
}

void sync(const Descriptor& file, const std::string& path) {
  if (::fsync(file.get()) != 0) throw host_failure("sync", path, "fsync", errno);
}

}  // namespace

std::optional<FileInfo> PosixHostFiles::stat(const std::string& path) {
  struct stat info = {};
  if (::lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw host_failure("look at", path, "lstat", errno);
  }
  FileInfo result;
  if (S_ISDIR(info.st_mode)) result.kind = FileKind::kFolder;
  // A device or a FIFO, like a link, is not what anybody may read in place of a file.
  if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) result.kind = FileKind::kLink;
  if (S_ISREG(info.st_mode)) result.size = static_cast<std::uint64_t>(info.st_size);
  result.readonly = (info.st_mode & S_IWUSR) == 0;
  return result;
}

std::vector<std::string> PosixHostFiles::list(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) throw host_failure("list", folder, "opendir", error.value());
  std::sort(names.begin(), names.end());
  return names;
}

std::string PosixHostFiles::read(const std::string& path, std::uint64_t max_bytes) {
  std::string content;
  read_pieces(path, [&](std::string_view piece) {
    if (content.size() + piece.size() > max_bytes) throw host_failure("read", path, "read", EFBIG);
    content += piece;
  });
  return content;
}

std::string PosixHostFiles::sha256(const std::string& path) { return sha256_of_host_file(path); }

std::optional<PeVersion> PosixHostFiles::version(const std::string& path) {
  return read_pe_version_of_file(path);
}

void PosixHostFiles::replace(const std::string& path, std::string_view content,
                             const std::string& scratch_folder) {
  const std::string scratch =
      scratch_folder + "/" + fs::path(path).filename().string() + "." + std::to_string(::getpid());
  try {
    ::unlink(scratch.c_str());  // never through a link that somebody has put there
    const Descriptor file(scratch, O_WRONLY | O_CREAT | O_EXCL, "make");
    write_all(file, content, scratch);
    sync(file, scratch);
    if (::rename(scratch.c_str(), path.c_str()) != 0) {
      throw host_failure("replace", path, "rename", errno);
    }
  } catch (...) {
    ::unlink(scratch.c_str());
    throw;
  }
  const std::string folder = fs::path(path).parent_path().string();
  sync(Descriptor(folder, O_RDONLY | O_DIRECTORY, "open"), folder);
}

void PosixHostFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    throw host_failure("remove", path, "unlink", errno);
}

void PosixHostFiles::create_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return;
  const int error = errno;
  if (error != EEXIST || !fs::is_directory(path)) {
    throw host_failure("make folder", path, "mkdir", error);
  }
}

void PosixHostFiles::check_writable(const std::string& folder) {
  const std::string probe = folder + "/.writable." + std::to_string(::getpid());
  { const Descriptor file(probe, O_WRONLY | O_CREAT | O_EXCL, "write into"); }
  ::unlink(probe.c_str());
}

std::string sha256_of_host_file(const std::string& path) {
  Sha256 hash;
  read_pieces(path, [&](std::string_view piece) { hash.update(piece); });
  return hash.finish();
}

std::string read_host_file(const std::string& path) {
  std::string content;
  read_pieces(path, [&](std::string_view piece) { content += piece; });
  return content;
}

}  // namespace machine::simulated::disk
