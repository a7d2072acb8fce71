#include "actions/machine/windows/private_folder.h"

#include <windows.h>
// these need windows.h first
#include <aclapi.h>
#include <sddl.h>

#include <vector>

#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {
namespace {

using errors::ExitCode;

// Owner and group Administrators; protected; SYSTEM and Administrators: full access, also below.
constexpr const wchar_t* kDescriptor = L"O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

// With any of these others could change what is in the folder, or let themselves do so.
constexpr ACCESS_MASK kWriting = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |
                                 FILE_WRITE_ATTRIBUTES | FILE_DELETE_CHILD | DELETE | WRITE_DAC |
                                 WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

bool is_well_known(PSID sid, WELL_KNOWN_SID_TYPE type) { return IsWellKnownSid(sid, type) != 0; }

std::vector<unsigned char> own_account() {
  KernelHandle token;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.out()) == 0) return {};
  DWORD size = 0;
  GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
  std::vector<unsigned char> user(size);
  if (GetTokenInformation(token.get(), TokenUser, user.data(), size, &size) == 0) return {};
  return user;
}

bool is_trusted(PSID sid) {
  if (sid == nullptr) return false;
  if (is_well_known(sid, WinLocalSystemSid) || is_well_known(sid, WinBuiltinAdministratorsSid))
    return true;
  std::vector<unsigned char> user = own_account();
  if (user.empty()) return false;
  return EqualSid(sid, reinterpret_cast<TOKEN_USER*>(user.data())->User.Sid) != 0;
}

// An entry of a kind that is not known here counts as one that lets others write.
bool lets_others_write(ACL* list) {
  if (list == nullptr) return true;  // no list: everybody may do everything
  for (DWORD i = 0; i < list->AceCount; ++i) {
    void* entry = nullptr;
    if (GetAce(list, i, &entry) == 0) return true;
    const auto* header = static_cast<const ACE_HEADER*>(entry);
    if (header->AceType == ACCESS_DENIED_ACE_TYPE) continue;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE) return true;
    auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    PSID sid = &allowed->SidStart;
    // What a creator gets of what he makes here: only who may make something is one.
    if (is_well_known(sid, WinCreatorOwnerSid)) continue;
    if ((allowed->Mask & kWriting) != 0 && !is_trusted(sid)) return true;
  }
  return false;
}

bool is_ours_alone(const FileHandle& folder, const Attempt& attempt) {
  PSID owner = nullptr;
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD code = GetSecurityInfo(folder.get(), SE_FILE_OBJECT,
                                     OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                     nullptr, &list, nullptr, &descriptor);
  if (code != ERROR_SUCCESS) {
    Attempt asking = attempt;
    asking.api = "GetSecurityInfo";
    asking.fail(code);
  }
  const LocalBlock block(descriptor);
  return is_trusted(owner) && !lets_others_write(list);
}

std::string move_aside(std::string_view path, const Attempt& attempt) {
  const std::wstring from = device_path(path);
  for (int n = 1;; ++n) {
    std::string aside = std::string(path) + ".untrusted-" + std::to_string(n);
    if (MoveFileExW(from.c_str(), device_path(aside).c_str(), MOVEFILE_WRITE_THROUGH) != 0)
      return aside;
    const DWORD code = GetLastError();
    Attempt moving = attempt;
    moving.api = "MoveFileEx";
    if (code != ERROR_ALREADY_EXISTS && code != ERROR_FILE_EXISTS) moving.fail(code);
  }
}

// False where something has the name already.
bool make(std::string_view path, const Attempt& attempt) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(kDescriptor, SDDL_REVISION_1,
                                                           &descriptor, nullptr) == 0)
    attempt.fail_with_last_error();
  const LocalBlock block(descriptor);
  SECURITY_ATTRIBUTES attributes{sizeof(attributes), descriptor, FALSE};
  if (CreateDirectoryW(device_path(path).c_str(), &attributes) != 0) return true;
  if (GetLastError() != ERROR_ALREADY_EXISTS) attempt.fail_with_last_error();
  return false;
}

}  // namespace

std::optional<std::string> create_private_folder(std::string_view path) {
  const Attempt attempt{ExitCode::kCreateFolder, "make private folder", "CreateDirectory", path};
  if (make(path, attempt)) return std::nullopt;
  std::uint32_t code = 0;
  FileHandle found = open_entry(path, READ_CONTROL | FILE_READ_ATTRIBUTES, code);
  if (!found) {
    Attempt opening = attempt;
    opening.api = "CreateFile";
    opening.fail(code);
  }
  const FileInfo info = info_of(found, attempt);
  if (info.kind == FileKind::kFile) attempt.fail(ERROR_ALREADY_EXISTS);
  if (info.kind == FileKind::kFolder && is_ours_alone(found, attempt)) return std::nullopt;
  found.close();
  std::string aside = move_aside(path, attempt);
  if (!make(path, attempt)) attempt.fail(ERROR_ALREADY_EXISTS);  // somebody was quicker
  return aside;
}

}  // namespace machine::windows
