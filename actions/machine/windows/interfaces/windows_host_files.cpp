#include "actions/machine/windows/interfaces/windows_host_files.h"

#include "actions/machine/paths.h"
#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/file_stream.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

constexpr std::uint32_t kReadersPatienceMs = 2000;

std::string with_process_id(std::string_view name) {
  return std::string(name) + "." + std::to_string(GetCurrentProcessId());
}

// The VM Agent opens files without FILE_SHARE_DELETE: for as long as it reads, the answer is 5
// or 32.
void move_over(const std::string& from, const std::string& to) {
  const Attempt attempt{ExitCode::kGeneric, "replace", "MoveFileEx", to};
  const std::wstring source = device_path(from);
  const std::wstring target = device_path(to);
  const std::uint32_t code =
      retried_while({ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION}, kReadersPatienceMs, [&] {
        return succeeded(MoveFileExW(source.c_str(), target.c_str(),
                                     MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH));
      });
  if (code != ERROR_SUCCESS) attempt.fail(code);
}

}  // namespace

std::optional<FileInfo> WindowsHostFiles::stat(const std::string& path) {
  auto info = files_.stat(path);
  if (info) info->id.clear();
  return info;
}

std::vector<std::string> WindowsHostFiles::list(const std::string& folder) {
  return files_.list(folder);
}

std::string WindowsHostFiles::read(const std::string& path, std::uint64_t max_bytes) {
  return files_.read(path, max_bytes);
}

std::string WindowsHostFiles::sha256(const std::string& path) { return files_.sha256(path); }

std::optional<PeVersion> WindowsHostFiles::version(const std::string& path) {
  return files_.version(path);
}

void WindowsHostFiles::replace(const std::string& path, std::string_view content,
                               const std::string& scratch_folder) {
  const std::string scratch = join(scratch_folder, with_process_id(file_name(path)));
  try {
    const Attempt attempt{ExitCode::kGeneric, "write", "CreateFile", scratch};
    DeleteFileW(device_path(scratch).c_str());  // never through a link that somebody has put there
    FileHandle file = open_file(scratch, GENERIC_WRITE, CREATE_NEW, attempt);
    overwrite(file, content, attempt);
    if (FlushFileBuffers(file.get()) == 0) attempt.by("FlushFileBuffers").fail_with_last_error();
    file.close();
    move_over(scratch, path);
  } catch (...) {
    DeleteFileW(device_path(scratch).c_str());
    throw;
  }
  const std::string folder = parent(path);
  flush_entry(folder, {ExitCode::kGeneric, "sync", "CreateFile", folder});
}

void WindowsHostFiles::remove(const std::string& path) {
  const Attempt attempt{ExitCode::kGeneric, "remove", "DeleteFile", path};
  if (DeleteFileW(device_path(path).c_str()) != 0) return;
  const DWORD code = GetLastError();
  if (code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND) attempt.fail(code);
}

void WindowsHostFiles::create_folder(const std::string& path) {
  const Attempt attempt{ExitCode::kGeneric, "make folder", "CreateDirectory", path};
  if (CreateDirectoryW(device_path(path).c_str(), nullptr) != 0) return;
  const DWORD code = GetLastError();
  if (code != ERROR_ALREADY_EXISTS) attempt.fail(code);
  const auto info = files_.stat(path);
  if (!info || info->kind != FileKind::kFolder) attempt.fail(code);
}

void WindowsHostFiles::check_writable(const std::string& folder) {
  const std::string probe = join(folder, with_process_id(".writable"));
  const Attempt attempt{ExitCode::kGeneric, "write into", "CreateFile", folder};
  DeleteFileW(device_path(probe).c_str());
  const FileHandle file(CreateFileW(device_path(probe).c_str(), GENERIC_WRITE | DELETE, 0, nullptr,
                                    CREATE_NEW,
                                    FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr));
  if (!file) attempt.fail_with_last_error();
}

}  // namespace machine::windows::interfaces
