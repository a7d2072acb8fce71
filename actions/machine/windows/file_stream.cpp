#include "actions/machine/windows/file_stream.h"

#include <algorithm>
#include <array>
#include <vector>

#include "actions/machine/windows/device_path.h"
#include "text/hex.h"

namespace machine::windows {
namespace {

constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr DWORD kPauseMs = 20;

template <typename Info>
Info query_file(const FileHandle& file, FILE_INFO_BY_HANDLE_CLASS kind, const Attempt& attempt) {
  Info info{};
  if (GetFileInformationByHandleEx(file.get(), kind, &info, sizeof(info)) == 0) {
    attempt.by("GetFileInformationByHandleEx").fail_with_last_error();
  }
  return info;
}

// A read-only file cannot be opened to be flushed. The attribute comes back once it is open.
FileHandle open_readonly_to_flush(std::string_view path, const Attempt& attempt) {
  std::uint32_t code = 0;
  FileHandle attributes = open_entry(path, FILE_READ_ATTRIBUTES | FILE_WRITE_ATTRIBUTES, code);
  if (!attributes) attempt.fail(code);
  FILE_BASIC_INFO info = query_file<FILE_BASIC_INFO>(attributes, FileBasicInfo, attempt);
  if ((info.FileAttributes & FILE_ATTRIBUTE_READONLY) == 0) attempt.fail(ERROR_ACCESS_DENIED);
  const DWORD found = info.FileAttributes;
  info = {};  // zero times: as they are
  info.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  const Attempt changing = attempt.by("SetFileInformationByHandle");
  if (SetFileInformationByHandle(attributes.get(), FileBasicInfo, &info, sizeof(info)) == 0)
    changing.fail_with_last_error();
  FileHandle file = open_entry(path, GENERIC_WRITE, code);
  info.FileAttributes = found;
  if (SetFileInformationByHandle(attributes.get(), FileBasicInfo, &info, sizeof(info)) == 0)
    changing.fail_with_last_error();
  if (!file) attempt.fail(code);
  return file;
}

}  // namespace

std::uint32_t succeeded(int result) { return result != 0 ? ERROR_SUCCESS : GetLastError(); }

std::uint32_t retried_while(std::initializer_list<std::uint32_t> codes, std::uint32_t patience_ms,
                            const std::function<std::uint32_t()>& call) {
  const ULONGLONG deadline = GetTickCount64() + patience_ms;
  for (;;) {
    const std::uint32_t code = call();
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) return code;
    if (GetTickCount64() >= deadline) return code;
    Sleep(kPauseMs);
  }
}

std::uint32_t with_sharing_retries(const std::function<std::uint32_t()>& call) {
  return retried_while({ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION}, kSharingPatienceMs, call);
}

FileHandle open_file(std::string_view path, DWORD access, DWORD disposition, const Attempt& attempt,
                     SECURITY_ATTRIBUTES* security) {
  const std::wstring name = device_path(path);
  FileHandle file;
  const std::uint32_t code = with_sharing_retries([&]() -> std::uint32_t {
    file = FileHandle(CreateFileW(name.c_str(), access | FILE_READ_ATTRIBUTES, kShareAll, security,
                                  disposition, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT,
                                  nullptr));
    return file ? ERROR_SUCCESS : GetLastError();
  });
  if (!file) attempt.fail(code);
  const auto tag = query_file<FILE_ATTRIBUTE_TAG_INFO>(file, FileAttributeTagInfo, attempt);
  if ((tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    attempt.fail(ERROR_CANT_ACCESS_FILE);
  return file;
}

FileHandle open_entry(std::string_view path, DWORD access, std::uint32_t& code) {
  const std::wstring name = device_path(path);
  FileHandle entry;
  code = with_sharing_retries([&]() -> std::uint32_t {
    entry =
        FileHandle(CreateFileW(name.c_str(), access, kShareAll, nullptr, OPEN_EXISTING,
                               FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    return entry ? ERROR_SUCCESS : GetLastError();
  });
  return entry;
}

FileInfo info_of(const FileHandle& file, const Attempt& attempt) {
  const auto basic = query_file<FILE_BASIC_INFO>(file, FileBasicInfo, attempt);
  const auto standard = query_file<FILE_STANDARD_INFO>(file, FileStandardInfo, attempt);
  const auto id = query_file<FILE_ID_INFO>(file, FileIdInfo, attempt);
  FileInfo info;
  if ((basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) info.kind = FileKind::kFolder;
  if ((basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) info.kind = FileKind::kLink;
  if (info.kind == FileKind::kFile)
    info.size = static_cast<std::uint64_t>(standard.EndOfFile.QuadPart);
  info.readonly = (basic.FileAttributes & FILE_ATTRIBUTE_READONLY) != 0;
  info.id = text::to_hex(id.FileId.Identifier);
  return info;
}

void read_pieces(const FileHandle& file, const Attempt& attempt,
                 const std::function<void(std::string_view)>& take) {
  constexpr DWORD kPiece = 256 * 1024;
  std::vector<char> buffer(kPiece);
  for (;;) {
    DWORD size = 0;
    if (ReadFile(file.get(), buffer.data(), kPiece, &size, nullptr) == 0) {
      attempt.by("ReadFile").fail_with_last_error();
    }
    if (size == 0) return;
    take(std::string_view(buffer.data(), size));
  }
}

std::string read_at(const FileHandle& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  DWORD got = 0;
  if (ReadFile(file.get(), bytes.data(), static_cast<DWORD>(size), &got, &place) == 0) got = 0;
  bytes.resize(got);
  return bytes;
}

void write_all(const FileHandle& file, std::string_view content, const Attempt& attempt) {
  constexpr std::size_t kMost = std::size_t{1} << 24U;
  const Attempt writing = attempt.by("WriteFile");
  while (!content.empty()) {
    DWORD size = 0;
    const auto wanted = static_cast<DWORD>(std::min(content.size(), kMost));
    if (WriteFile(file.get(), content.data(), wanted, &size, nullptr) == 0)
      writing.fail_with_last_error();
    if (size == 0) writing.fail(ERROR_WRITE_FAULT);
    content.remove_prefix(size);
  }
}

void overwrite(const FileHandle& file, std::string_view content, const Attempt& attempt) {
  write_all(file, content, attempt);
  if (SetEndOfFile(file.get()) != 0) return;
  attempt.by("SetEndOfFile").fail_with_last_error();
}

void flush_entry(std::string_view path, const Attempt& attempt) {
  std::uint32_t code = 0;
  FileHandle entry = open_entry(path, GENERIC_WRITE, code);
  if (!entry && code == ERROR_ACCESS_DENIED) entry = open_readonly_to_flush(path, attempt);
  if (!entry) attempt.fail(code);
  if (FlushFileBuffers(entry.get()) != 0) return;
  const Attempt flushing = attempt.by("FlushFileBuffers");
  // A file system that cannot flush a folder has nothing to lose there that it would tell us of.
  if (GetLastError() != ERROR_INVALID_FUNCTION) flushing.fail_with_last_error();
}

}  // namespace machine::windows
