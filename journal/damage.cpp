#include "journal/damage.h"

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>
#include <system_error>

#include "errors/failure.h"
#include "journal/log_tail.h"
#include "journal/path.h"
#include "text/time.h"

namespace journal {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using errors::SystemError;

// sqlite.org/fileformat2.html, sections 1.3 and 4.1
constexpr std::string_view kFirstLine{"SQLite format 3\0", 16};
constexpr std::size_t kDatabaseHeader = 100;
constexpr std::size_t kWriteVersion = 18;
constexpr std::size_t kReadVersion = 19;
constexpr std::size_t kWalHeader = 32;
constexpr std::size_t kWalFrameHeader = 24;
constexpr std::size_t kSmallestPage = 512;

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(to_path(path), error);
  return error ? 0 : size;
}

std::string first_bytes(const std::string& path, std::size_t count) {
  std::string bytes(count, '\0');
  std::ifstream file(to_path(path), std::ios::binary);
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

// 1: rollback journal, 2: write-ahead log.
bool is_format_version(char byte) { return byte == 1 || byte == 2; }

// 1 stands for 65536; whatever else is no power of two SQLite itself refuses.
std::uint32_t page_size(std::string_view header) {
  const auto high = static_cast<unsigned char>(header[16]);
  const std::uint32_t size = (std::uint32_t{high} << 8U) | static_cast<unsigned char>(header[17]);
  return size < kSmallestPage ? 65536 : size;
}

[[noreturn]] void fail_set_aside(const std::string& path, const std::error_code& error) {
  throw Failure(ExitCode::kJournalUnusable, path, "set the damaged journal aside",
                SystemError{"rename", error.value(), error.message()});
}

}  // namespace

std::string damage_of_files(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(to_path(path), error);
  if (fs::exists(status) && !fs::is_regular_file(status)) return "is not a file";

  const std::uintmax_t size = size_of(path);
  const std::string wal = path + "-wal";
  const bool wal_has_commits = size_of(wal) >= kWalHeader + kWalFrameHeader + kSmallestPage;
  if (size == 0) return wal_has_commits ? "is missing or empty beside its -wal" : "";
  const std::string header = first_bytes(path, kDatabaseHeader);
  if (header.size() < kDatabaseHeader || header.substr(0, kFirstLine.size()) != kFirstLine) {
    return "is no SQLite database";
  }
  // SQLite opens a file of a higher write version read-only.
  if (!is_format_version(header[kWriteVersion]) || !is_format_version(header[kReadVersion]))
    return "has a damaged header";
  // Only a checkpoint that was cut short may leave part of a page, and then the -wal has it whole.
  if (closed_in_order(path) && size % page_size(header) != 0) return "has been cut short";
  if (wal_has_commits && !is_log_header(first_bytes(wal, kWalHeader))) {
    return "has a damaged -wal";
  }
  return "";
}

bool closed_in_order(const std::string& path) { return size_of(path + "-wal") == 0; }

std::string set_aside(const std::string& path, std::int64_t utc_ms) {
  std::string stamp;  // without colons, which Windows does not allow in names
  for (const char c : text::utc_text(utc_ms)) {
    if (c != ':') stamp += c;
  }
  const std::string wanted = path + ".damaged-" + stamp;
  std::string target = wanted;
  std::error_code error;
  for (int n = 2; fs::exists(fs::symlink_status(to_path(target), error)); ++n) {
    target = wanted + "-" + std::to_string(n);
  }
  for (const char* side : {"", "-wal", "-shm"}) {
    const fs::path from = to_path(path + side);
    if (!fs::exists(fs::symlink_status(from, error))) continue;
    fs::rename(from, to_path(target + side), error);
    if (error) fail_set_aside(path, error);
  }
  return target;
}

}  // namespace journal
