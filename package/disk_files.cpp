#include "package/disk_files.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "actions/machine/sha256.h"
#include "errors/failure.h"

namespace package {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;

constexpr std::size_t kChunk = std::size_t{256} * 1024;

[[noreturn]] void fail(const std::string& tried, const std::string& path, std::error_code error) {
  throw Failure(ExitCode::kGeneric, path, tried + " " + path,
                {"filesystem", error.value(), error.message()});
}

[[noreturn]] void only_reads(const std::string& path) {
  throw Failure(ExitCode::kGeneric, path, "change " + path + ": this program only reads there");
}

std::ifstream open(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("read", path, std::make_error_code(std::errc::io_error));
  return stream;
}

}  // namespace

std::optional<machine::FileInfo> DiskFiles::stat(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (error) fail("look at", path, error);
  machine::FileInfo info;
  if (status.type() == fs::file_type::directory) {
    info.kind = machine::FileKind::kFolder;
  } else if (status.type() != fs::file_type::regular) {
    info.kind = machine::FileKind::kLink;  // a pipe or device is no plain file either
  } else {
    info.size = fs::file_size(path, error);
    if (error) fail("look at", path, error);
  }
  return info;
}

std::vector<std::string> DiskFiles::list(const std::string& folder) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entry(folder, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) fail("list", folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

std::string DiskFiles::read(const std::string& path, std::uint64_t max_bytes) {
  std::ifstream stream = open(path);
  std::string text(static_cast<std::size_t>(max_bytes) + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > max_bytes) fail("read", path, std::make_error_code(std::errc::file_too_large));
  return text;
}

std::string DiskFiles::sha256(const std::string& path) {
  std::ifstream stream = open(path);
  machine::Sha256 hash;
  std::string buffer(kChunk, '\0');
  while (stream) {
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.update(std::string_view(buffer).substr(0, static_cast<std::size_t>(stream.gcount())));
  }
  if (stream.bad()) fail("read", path, std::make_error_code(std::errc::io_error));
  return hash.finish();
}

std::optional<actions::PeVersion> DiskFiles::version(const std::string& path) {
  return actions::read_pe_version_of_file(path);
}

void DiskFiles::replace(const std::string& path, std::string_view, const std::string&) {
  only_reads(path);
}

void DiskFiles::create_folder(const std::string& path) { only_reads(path); }

void DiskFiles::check_writable(const std::string& folder) { only_reads(folder); }

}  // namespace package
