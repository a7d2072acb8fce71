#include "actions/machine/windows/private_folder.h"

#include <windows.h>

#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/security.h"
#include "actions/machine/windows/win32_failure.h"
#include "actions/machine/windows/writers.h"

namespace machine::windows {
namespace {

using errors::ExitCode;

// Owner and group Administrators; protected; SYSTEM and Administrators: full access, also below.
constexpr const wchar_t* kDescriptor = L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

std::string move_aside(std::string_view path, const Attempt& attempt) {
  const std::wstring from = device_path(path);
  for (int n = 1;; ++n) {
    std::string aside = std::string(path) + ".untrusted-" + std::to_string(n);
    const std::wstring to = device_path(aside);
    const std::uint32_t code = retried_while(
        {ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION}, kSharingPatienceMs,
        [&] { return succeeded(MoveFileExW(from.c_str(), to.c_str(), MOVEFILE_WRITE_THROUGH)); });
    if (code == ERROR_SUCCESS) return aside;
    if (code != ERROR_ALREADY_EXISTS && code != ERROR_FILE_EXISTS)
      attempt.by("MoveFileEx").fail(code);
  }
}

// False where something has the name already.
bool make(std::string_view path, const Attempt& attempt) {
  Security security(kDescriptor, attempt);
  if (CreateDirectoryW(device_path(path).c_str(), security.attributes()) != 0) return true;
  if (GetLastError() != ERROR_ALREADY_EXISTS) attempt.fail_with_last_error();
  return false;
}

}  // namespace

std::optional<std::string> create_private_folder(std::string_view path) {
  const Attempt attempt{ExitCode::kCreateFolder, "make private folder", "CreateDirectory", path};
  if (make(path, attempt)) return std::nullopt;
  std::uint32_t code = 0;
  FileHandle found = open_entry(path, READ_CONTROL | FILE_READ_ATTRIBUTES, code);
  if (!found) attempt.by("CreateFile").fail(code);
  const FileInfo info = info_of(found, attempt);
  if (info.kind == FileKind::kFolder && !other_writer_of(found, attempt)) return std::nullopt;
  found.close();
  std::string aside = move_aside(path, attempt);
  if (!make(path, attempt)) attempt.fail(ERROR_ALREADY_EXISTS);  // somebody was quicker
  return aside;
}

}  // namespace machine::windows
