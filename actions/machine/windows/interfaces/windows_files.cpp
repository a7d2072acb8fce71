#include "actions/machine/windows/interfaces/windows_files.h"

#include <algorithm>

#include "actions/machine/sha256.h"
#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/file_holders.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/private_folder.h"
#include "actions/machine/windows/security.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/writers.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

// What is copied in is public, and is placed by renames, which keep the access rights that a file
// was made with: SYSTEM and Administrators full access; everybody, packaged programs too, reads and
// runs it, LocalService, as which eBPFSvc runs, among them.
constexpr const wchar_t* kPublicFile =
    L"D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;WD)(A;;0x1200a9;;;S-1-15-2-1)";

// A scanner that looks at a new file answers with these; a rename by itself does not, also not of
// an image that is loaded.
constexpr std::uint32_t kScannersPatienceMs = 5000;

// Says who has it open, where that can be found out.
[[noreturn]] void fail_in_use(const Attempt& attempt, std::uint32_t code) {
  const std::string holders = holders_of(attempt.object);
  if (holders.empty()) attempt.fail(code);
  throw attempt.failure(code, "It is in use by " + holders + ".");
}

void check_use(const Attempt& attempt, std::uint32_t code) {
  if (code == ERROR_SHARING_VIOLATION || code == ERROR_ACCESS_DENIED) fail_in_use(attempt, code);
  if (code != ERROR_SUCCESS) attempt.fail(code);
}

// A function that returns 0 where it fails.
template <typename Call>
void retried(const Attempt& attempt, Call call) {
  check_use(attempt, with_sharing_retries([&] { return succeeded(call()); }));
}

}  // namespace

std::optional<FileInfo> WindowsFiles::stat(std::string_view path) {
  const Attempt attempt{ExitCode::kGeneric, "look at", "CreateFile", path};
  std::uint32_t code = 0;
  const FileHandle entry = open_entry(path, FILE_READ_ATTRIBUTES, code);
  if (entry) return info_of(entry, attempt);
  if (!is_missing(code)) attempt.fail(code);
  return std::nullopt;
}

std::vector<std::string> WindowsFiles::list(std::string_view folder) {
  const Attempt attempt{ExitCode::kFolderNotFound, "list", "FindFirstFileEx", folder};
  std::wstring pattern = device_path(folder);
  pattern += pattern.ends_with(L'\\') ? L"*" : L"\\*";
  WIN32_FIND_DATAW found{};
  const SearchHandle search(FindFirstFileExW(pattern.c_str(), FindExInfoBasic, &found,
                                             FindExSearchNameMatch, nullptr,
                                             FIND_FIRST_EX_LARGE_FETCH));
  std::vector<std::string> names;
  if (!search) {
    if (GetLastError() == ERROR_FILE_NOT_FOUND) return names;  // the root of an empty drive
    attempt.fail_with_last_error();
  }
  do {
    std::string name = utf8(found.cFileName);
    if (name != "." && name != "..") names.push_back(std::move(name));
  } while (FindNextFileW(search.get(), &found) != 0);
  if (GetLastError() != ERROR_NO_MORE_FILES) attempt.fail_with_last_error();
  std::sort(names.begin(), names.end());
  return names;
}

std::string WindowsFiles::read(std::string_view path, std::uint64_t max_bytes) {
  const Attempt attempt{ExitCode::kGeneric, "read", "CreateFile", path};
  const FileHandle file = open_file(path, GENERIC_READ, OPEN_EXISTING, attempt);
  std::string content;
  read_pieces(file, attempt, [&](std::string_view piece) {
    if (piece.size() > max_bytes - content.size()) attempt.fail(ERROR_FILE_TOO_LARGE);
    content += piece;
  });
  return content;
}

std::string WindowsFiles::sha256(std::string_view path) {
  const Attempt attempt{ExitCode::kGeneric, "hash", "CreateFile", path};
  const FileHandle file = open_file(path, GENERIC_READ, OPEN_EXISTING, attempt);
  Sha256 hash;
  read_pieces(file, attempt, [&](std::string_view piece) { hash.update(piece); });
  return hash.finish();
}

// By our own reader: GetFileVersionInfo maps the image, runs over hostile bytes, and knows no long
// paths.
std::optional<PeVersion> WindowsFiles::version(std::string_view path) {
  const auto info = stat(path);
  if (!info || info->kind != FileKind::kFile) return std::nullopt;
  const Attempt attempt{ExitCode::kGeneric, "read the version of", "CreateFile", path};
  const FileHandle file = open_file(path, GENERIC_READ, OPEN_EXISTING, attempt);
  return read_pe_version(
      [&file](std::uint64_t offset, std::size_t size) { return read_at(file, offset, size); });
}

std::optional<std::string> WindowsFiles::other_writer(std::string_view folder,
                                                      const std::vector<std::string>& trusted) {
  return windows::other_writer(folder, trusted);
}

void WindowsFiles::create_folder(std::string_view path) {
  const Attempt attempt{ExitCode::kCreateFolder, "make folder", "CreateDirectory", path};
  if (CreateDirectoryW(device_path(path).c_str(), nullptr) == 0) attempt.fail_with_last_error();
}

std::optional<std::string> WindowsFiles::create_private_folder(std::string_view path) {
  return windows::create_private_folder(path);
}

void WindowsFiles::remove_folder(std::string_view path) {
  const std::wstring name = device_path(path);
  retried({ExitCode::kDeleteFolder, "delete folder", "RemoveDirectory", path},
          [&] { return RemoveDirectoryW(name.c_str()); });
}

CopiedFile WindowsFiles::copy_in(const std::string& host_source, std::string_view target) {
  const Attempt reading{ExitCode::kCopyFile, "read", "CreateFile", host_source};
  const Attempt writing{ExitCode::kCopyFile, "copy to", "CreateFile", target};
  const FileHandle source = open_file(host_source, GENERIC_READ, OPEN_EXISTING, reading);
  Security security(kPublicFile, writing);
  FileHandle copy = open_file(target, GENERIC_WRITE, CREATE_NEW, writing, security.attributes());
  try {
    Sha256 hash;
    CopiedFile copied;
    read_pieces(source, reading, [&](std::string_view piece) {
      hash.update(piece);
      write_all(copy, piece, writing);
      copied.size += piece.size();
    });
    copied.sha256 = hash.finish();
    copied.id = info_of(copy, writing).id;
    return copied;
  } catch (...) {
    copy.close();
    DeleteFileW(device_path(target).c_str());
    throw;
  }
}

// An existing file is overwritten where it lies, so that it keeps its id, attributes and access
// list.
void WindowsFiles::write(std::string_view path, std::string_view content) {
  const Attempt attempt{ExitCode::kCopyFile, "write", "CreateFile", path};
  const FileHandle file = open_file(path, GENERIC_WRITE, OPEN_ALWAYS, attempt);
  overwrite(file, content, attempt);
}

void WindowsFiles::rename(std::string_view from, std::string_view to) {
  const std::wstring source = device_path(from);
  const std::wstring target = device_path(to);
  const Attempt attempt{ExitCode::kCopyFile, "rename", "MoveFileEx", from};
  const std::uint32_t code = retried_while(
      {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION}, kScannersPatienceMs,
      [&] { return succeeded(MoveFileExW(source.c_str(), target.c_str(), 0)); });
  check_use(attempt, code);
}

void WindowsFiles::remove(std::string_view path) {
  const std::wstring name = device_path(path);
  retried({ExitCode::kDeleteFolder, "delete", "DeleteFile", path},
          [&] { return DeleteFileW(name.c_str()); });
}

// The entry goes into PendingFileRenameOperations, which the Session Manager works off at boot. A
// name that is not there would be queued all the same.
void WindowsFiles::remove_at_boot(std::string_view path) {
  const Attempt attempt{ExitCode::kDeleteFolder, "delete at the next boot", "MoveFileEx", path};
  const std::wstring name = device_path(path);
  if (GetFileAttributesW(name.c_str()) == INVALID_FILE_ATTRIBUTES ||
      MoveFileExW(name.c_str(), nullptr, MOVEFILE_DELAY_UNTIL_REBOOT) == 0)
    attempt.fail_with_last_error();
}

void WindowsFiles::set_readonly(std::string_view path, bool readonly) {
  const Attempt attempt{ExitCode::kCopyFile, "change the attributes of", "SetFileAttributes", path};
  const std::wstring name = device_path(path);
  const DWORD found = GetFileAttributesW(name.c_str());
  if (found == INVALID_FILE_ATTRIBUTES) attempt.fail_with_last_error();
  constexpr DWORD kSettable = FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN |
                              FILE_ATTRIBUTE_NOT_CONTENT_INDEXED | FILE_ATTRIBUTE_OFFLINE |
                              FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_TEMPORARY;
  DWORD wanted = found & kSettable;
  if (readonly) wanted |= FILE_ATTRIBUTE_READONLY;
  if (wanted == 0) wanted = FILE_ATTRIBUTE_NORMAL;
  if (SetFileAttributesW(name.c_str(), wanted) == 0) attempt.fail_with_last_error();
}

void WindowsFiles::sync(std::span<const std::string> paths) {
  for (const std::string& path : paths)
    flush_entry(path, {ExitCode::kCopyFile, "sync", "CreateFile", path});
}

// The path itself need not be there, and a volume can be mounted at any folder.
std::uint64_t WindowsFiles::free_bytes(std::string_view path) {
  const Attempt attempt{ExitCode::kGeneric, "measure the disk of", "GetVolumePathName", path};
  const std::wstring name = device_path(path);
  std::wstring volume(name.size() + 2, L'\0');
  if (GetVolumePathNameW(name.c_str(), volume.data(), static_cast<DWORD>(volume.size())) == 0)
    attempt.fail_with_last_error();
  ULARGE_INTEGER available{};
  if (GetDiskFreeSpaceExW(volume.c_str(), &available, nullptr, nullptr) == 0)
    attempt.by("GetDiskFreeSpaceEx").fail_with_last_error();
  return available.QuadPart;
}

std::string WindowsFiles::native_path(std::string_view path) { return library_path(path); }

}  // namespace machine::windows::interfaces
