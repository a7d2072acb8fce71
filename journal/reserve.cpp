#include "journal/reserve.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#ifdef _WIN32
#include <io.h>
#else
#include <unistd.h>
#endif

#include "errors/failure.h"
#include "journal/path.h"
#include "journal/writable.h"

namespace journal {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File create(const fs::path& path) {
#ifdef _WIN32
  return File(_wfopen(path.c_str(), L"wb"));
#else
  return File(std::fopen(path.c_str(), "wbe"));
#endif
}

bool sync(std::FILE* file) {
#ifdef _WIN32
  return std::fflush(file) == 0 && _commit(_fileno(file)) == 0;
#else
  return std::fflush(file) == 0 && fsync(fileno(file)) == 0;
#endif
}

// Windows' runtime has no number of its own for it: a quota that is used up is a full disk there.
bool is_quota([[maybe_unused]] int error) {
#ifdef _WIN32
  return false;
#else
  return error == EDQUOT;
#endif
}

// Bytes that no file system can compress or leave out (xorshift; they mean nothing).
bool write_bytes(std::FILE* file) {
  std::array<std::uint32_t, 16384> block{};
  std::uint32_t value = 2463534242U;
  for (std::uint64_t written = 0; written < kReserveBytes; written += sizeof(block)) {
    for (std::uint32_t& word : block) {
      value ^= value << 13U;
      value ^= value >> 17U;
      value ^= value << 5U;
      word = value;
    }
    if (std::fwrite(block.data(), sizeof(block), 1, file) != 1) return false;
  }
  return true;
}

}  // namespace

bool release_reserve(const std::string& native_path, std::uint64_t free_bytes) {
  if (free_bytes >= kReserveBytes) return false;
  make_writable(native_path);
  std::error_code error;
  return fs::remove(to_path(native_path), error);
}

void make_reserve(const std::string& native_path) {
  const fs::path path = to_path(native_path);
  std::error_code error;
  if (fs::file_size(path, error) >= kReserveBytes && !error) return;

  errno = 0;
  File file = create(path);
  if (file != nullptr && write_bytes(file.get()) && sync(file.get())) return;
  const std::error_code cause(errno, std::generic_category());
  file.reset();
  fs::remove(path, error);  // part of a reserve helps nobody
  const bool full = cause == std::errc::no_space_on_device || cause == std::errc::file_too_large ||
                    is_quota(cause.value());
  throw Failure(full ? ExitCode::kDiskFull : ExitCode::kJournalUnusable, native_path,
                "reserve space for the journal",
                SystemError{"write", cause.value(), cause.message()});
}

}  // namespace journal
