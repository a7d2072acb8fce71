#include "package/release/zip.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "actions/machine/paths.h"
#include "errors/failure.h"
#include "text/printable.h"

namespace package::release {
namespace {

using errors::ExitCode;
using errors::Failure;

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{4} * 1024 * 1024 * 1024;
constexpr std::size_t kMaxEntries = 20'000;
constexpr std::uint64_t kMaxDirectory = std::uint64_t{16} * 1024 * 1024;

struct CloseWriter {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct CloseReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct CloseEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, CloseWriter>;
using Reader = std::unique_ptr<archive, CloseReader>;
using Entry = std::unique_ptr<archive_entry, CloseEntry>;

errors::SystemError answer_of(archive* handle) {
  const char* text = archive_error_string(handle);
  return {"libarchive", archive_errno(handle),
          text == nullptr ? "no reason given" : text::printable(text)};
}

[[noreturn]] void cannot_write(const std::string& zip, archive* handle) {
  throw Failure(ExitCode::kGeneric, zip, "write " + zip, answer_of(handle))
      .advise("Check the folder's disk and permissions.");
}

[[noreturn]] void refuse_zip(const std::string& zip, const std::string& defect) {
  throw Failure(ExitCode::kPackageDamaged, text::printable(zip), "use the ZIP: " + defect);
}

std::ifstream open_source(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw Failure(ExitCode::kGeneric, path, "read " + path);
  return stream;
}

class ZipWriter {
 public:
  explicit ZipWriter(std::string zip) : zip_(std::move(zip)), writer_(archive_write_new()) {
    if (!writer_) throw Failure(ExitCode::kGeneric, zip_, "write " + zip_);
    require(archive_write_set_format_zip(writer_.get()));
    require(archive_write_set_options(writer_.get(), "zip:compression=deflate"));
    require(archive_write_open_filename(writer_.get(), zip_.c_str()));
  }

  void add(const ZipEntry& entry) {
    if (const auto* bytes = std::get_if<std::string>(&entry.content)) {
      begin(entry.name, bytes->size());
      put(*bytes);
    } else {
      add_file(entry.name, std::get<HostPath>(entry.content).path);
    }
  }

  void finish() { require(archive_write_close(writer_.get())); }

 private:
  void require(int result) {
    if (result != ARCHIVE_OK) cannot_write(zip_, writer_.get());
  }

  void begin(const std::string& name, std::uintmax_t size) {
    const Entry header(archive_entry_new());
    if (!header) cannot_write(zip_, writer_.get());
    archive_entry_set_pathname(header.get(), name.c_str());
    archive_entry_set_size(header.get(), static_cast<la_int64_t>(size));
    archive_entry_set_filetype(header.get(), AE_IFREG);
    archive_entry_set_perm(header.get(), 0644);  // no time: see the header
    require(archive_write_header(writer_.get(), header.get()));
  }

  void put(std::string_view bytes) {
    const la_ssize_t written = archive_write_data(writer_.get(), bytes.data(), bytes.size());
    if (written < 0 || static_cast<std::size_t>(written) != bytes.size()) {
      cannot_write(zip_, writer_.get());
    }
  }

  void add_file(const std::string& name, const std::string& path) {
    std::ifstream stream = open_source(path);
    const std::uintmax_t size = std::filesystem::file_size(path);
    begin(name, size);
    std::string buffer(kChunk, '\0');
    std::uintmax_t total = 0;
    while (stream) {
      stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const auto count = static_cast<std::size_t>(stream.gcount());
      total += count;
      if (total > size) break;
      put(std::string_view(buffer).substr(0, count));
    }
    if (stream.bad() || total != size) {
      throw Failure(ExitCode::kGeneric, path, "read " + path + ": it changed meanwhile");
    }
  }

  std::string zip_;
  Writer writer_;
};

// Names as they stand in the ZIP's central directory: libarchive shows a backslash as '/' where a
// name has no '/', the Linux VM Agent keeps it, as part of one odd file name. Layout: PKWARE's
// APPNOTE.TXT, 4.3.12 and 4.3.16. What is no central directory is left for libarchive to refuse.
class CentralDirectory {
 public:
  explicit CentralDirectory(const std::string& zip)
      : stream_(zip, std::ios::binary | std::ios::ate) {
    constexpr std::uint64_t kMaxEnd = 22 + 0xffff;  // the end record with its longest comment
    const std::streamoff end = stream_.tellg();
    if (!stream_ || end <= 0) return;
    const auto size = static_cast<std::uint64_t>(end);
    const std::uint64_t start = size > kMaxEnd ? size - kMaxEnd : 0;
    const std::string tail = read(start, size - start);
    const std::size_t record = tail.rfind("PK\x05\x06");
    if (record == std::string::npos || tail.size() - record < 22) return;
    const std::uint64_t bytes = number(tail, record + 12, 4);
    const std::uint64_t offset = number(tail, record + 16, 4);
    if (bytes > std::min(size, kMaxDirectory) || offset > size - bytes) return;
    directory_ = read(offset, bytes);
  }

  bool has_backslash() const {
    constexpr std::size_t kHeader = 46;
    for (std::size_t at = 0; directory_.size() - at >= kHeader;) {
      const std::size_t name = number(directory_, at + 28, 2);
      if (directory_.substr(at + kHeader, name).find('\\') != std::string::npos) return true;
      const std::size_t rest = number(directory_, at + 30, 2) + number(directory_, at + 32, 2);
      if (kHeader + name + rest > directory_.size() - at) return false;
      at += kHeader + name + rest;
    }
    return false;
  }

 private:
  static std::size_t number(const std::string& bytes, std::size_t at, std::size_t width) {
    std::size_t value = 0;
    while (width > 0)
      value = value << 8U | static_cast<unsigned char>(bytes[at + --width]);
    return value;
  }

  std::string read(std::uint64_t offset, std::uint64_t size) {
    std::string bytes(static_cast<std::size_t>(size), '\0');
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(bytes.data(), static_cast<std::streamsize>(size));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream_.gcount(), 0)));
    return bytes;
  }

  std::ifstream stream_;
  std::string directory_;
};

class ZipReader {
 public:
  ZipReader(std::string zip, std::string folder)
      : zip_(std::move(zip)), folder_(std::move(folder)), reader_(archive_read_new()) {
    if (!reader_) refuse_zip(zip_, "no memory to read it");
    archive_read_support_format_zip_seekable(reader_.get());
    if (archive_read_open_filename(reader_.get(), zip_.c_str(), kChunk) != ARCHIVE_OK) damaged("");
  }

  void extract() {
    if (CentralDirectory(zip_).has_backslash()) refuse_zip(zip_, "an entry's name has a backslash");
    archive_entry* entry = nullptr;
    int result = archive_read_next_header(reader_.get(), &entry);
    while (result == ARCHIVE_OK) {
      extract(entry);
      result = archive_read_next_header(reader_.get(), &entry);
    }
    if (result != ARCHIVE_EOF) damaged("");
    if (seen_.empty()) refuse_zip(zip_, "it is empty, or no ZIP");
  }

 private:
  [[noreturn]] void damaged(const std::string& name) {
    const std::string object = name.empty() ? text::printable(zip_) : name;
    throw Failure(ExitCode::kPackageDamaged, object, "read the ZIP", answer_of(reader_.get()));
  }

  void extract(archive_entry* entry) {
    const char* raw = archive_entry_pathname(entry);
    if (raw == nullptr) refuse_zip(zip_, "an entry's name is not text");
    std::string name = raw;
    const bool folder = archive_entry_filetype(entry) == AE_IFDIR;
    if (folder && name.ends_with('/')) name.pop_back();
    const std::string shown = "the entry '" + text::printable(name) + "' ";
    if (!folder && archive_entry_filetype(entry) != AE_IFREG) refuse_zip(zip_, shown + "is a link");
    std::string reason = machine::why_unsafe_relative(name);
    if (reason.empty() && name.find('\\') != std::string::npos) reason = "it has a backslash";
    if (!reason.empty()) refuse_zip(zip_, shown + "has an unsafe name: " + text::printable(reason));
    if (!seen_.insert(machine::fold_case(name)).second) refuse_zip(zip_, shown + "is there twice");
    if (seen_.size() > kMaxEntries) refuse_zip(zip_, "it has too many entries");

    const std::filesystem::path target = std::filesystem::path(folder_) / name;
    std::filesystem::create_directories(folder ? target : target.parent_path());
    if (!folder) write(target, shown);
  }

  void write(const std::filesystem::path& target, const std::string& shown) {
    std::ofstream stream(target, std::ios::binary | std::ios::trunc);
    std::string buffer(kChunk, '\0');
    for (;;) {
      const la_ssize_t count = archive_read_data(reader_.get(), buffer.data(), buffer.size());
      if (count == 0) break;
      if (count < 0) damaged(shown);
      total_ += static_cast<std::uint64_t>(count);
      if (total_ > kMaxTotalBytes) refuse_zip(zip_, "it holds more than 4 GiB");
      stream.write(buffer.data(), static_cast<std::streamsize>(count));
    }
    stream.close();
    if (!stream) throw Failure(ExitCode::kGeneric, target.string(), "write " + target.string());
  }

  std::string zip_;
  std::string folder_;
  Reader reader_;
  std::set<std::string> seen_;
  std::uint64_t total_ = 0;
};

}  // namespace

void write_zip(const std::string& zip, std::vector<ZipEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  ZipWriter writer(zip);
  for (const ZipEntry& entry : entries)
    writer.add(entry);
  writer.finish();
}

void extract_zip(const std::string& zip, const std::string& folder) {
  ZipReader(zip, folder).extract();
}

}  // namespace package::release
