#include "actions/machine/windows/writers.h"

// these need windows.h first
#include <aclapi.h>
#include <lm.h>
#include <sddl.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/text.h"

namespace machine::windows {
namespace {

// With any of these others could put another folder in the place of this one, or let themselves do
// so.
constexpr ACCESS_MASK kReplacing =
    FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL;
// And with these change what is in it.
constexpr ACCESS_MASK kWriting = kReplacing | FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA |
                                 FILE_WRITE_ATTRIBUTES | GENERIC_WRITE;

// NT SERVICE\TrustedInstaller: a service's SID is a hash of its name, the same everywhere.
constexpr const wchar_t* kTrustedInstaller =
    L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";

bool is_well_known(PSID sid, WELL_KNOWN_SID_TYPE type) { return IsWellKnownSid(sid, type) != 0; }

bool is_own_account(PSID sid) {
  KernelHandle token;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.out()) == 0) return false;
  DWORD size = 0;
  GetTokenInformation(token.get(), TokenUser, nullptr, 0, &size);
  std::vector<unsigned char> user(size);
  if (GetTokenInformation(token.get(), TokenUser, user.data(), size, &size) == 0) return false;
  return EqualSid(sid, reinterpret_cast<TOKEN_USER*>(user.data())->User.Sid) != 0;
}

bool is_trusted_installer(PSID sid) {
  PSID known = nullptr;
  if (ConvertStringSidToSidW(kTrustedInstaller, &known) == 0) return false;
  const LocalBlock block(known);
  return EqualSid(sid, known) != 0;
}

bool is_trusted(PSID sid) {
  return is_well_known(sid, WinLocalSystemSid) || is_well_known(sid, WinBuiltinAdministratorsSid) ||
         is_own_account(sid);
}

std::string text_of(PSID sid) {
  wchar_t* text = nullptr;
  if (ConvertSidToStringSidW(sid, &text) == 0) return "an account without a name";
  const LocalBlock block(text);
  return utf8(text);
}

// A name of an account that no longer exists is not found: its SID then.
std::string name_of(PSID sid) {
  std::array<wchar_t, 256> account{};
  std::array<wchar_t, 256> domain{};
  auto account_size = static_cast<DWORD>(account.size());
  auto domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  if (LookupAccountSidW(nullptr, sid, account.data(), &account_size, domain.data(), &domain_size,
                        &use) != 0) {
    const std::string name = utf8(account.data());
    return domain_size == 0 ? name : utf8(domain.data()) + "\\" + name;
  }
  return text_of(sid);
}

// The group's name is another one in each language of Windows.
std::wstring name_of_administrators() {
  std::array<unsigned char, SECURITY_MAX_SID_SIZE> sid{};
  auto sid_size = static_cast<DWORD>(sid.size());
  std::array<wchar_t, 256> account{};
  std::array<wchar_t, 256> domain{};
  auto account_size = static_cast<DWORD>(account.size());
  auto domain_size = static_cast<DWORD>(domain.size());
  SID_NAME_USE use{};
  const bool found =
      CreateWellKnownSid(WinBuiltinAdministratorsSid, nullptr, sid.data(), &sid_size) != 0 &&
      LookupAccountSidW(nullptr, sid.data(), account.data(), &account_size, domain.data(),
                        &domain_size, &use) != 0;
  return found ? account.data() : L"";
}

// The direct members of Administrators, read when the first is asked for. Where they cannot be
// read, nobody is one. Level 0 gives SIDs and looks no name up.
class Administrators {
 public:
  bool has(PSID sid) {
    if (!read_) read();
    return std::ranges::any_of(sids_, [sid](std::vector<unsigned char>& member) {
      return EqualSid(sid, member.data()) != 0;
    });
  }

 private:
  void read() {
    read_ = true;
    const std::wstring group = name_of_administrators();
    unsigned char* buffer = nullptr;
    DWORD count = 0;
    DWORD total = 0;
    const NET_API_STATUS status = NetLocalGroupGetMembers(
        nullptr, group.c_str(), 0, &buffer, MAX_PREFERRED_LENGTH, &count, &total, nullptr);
    if (status != NERR_Success || buffer == nullptr) return;
    const auto* members = reinterpret_cast<const LOCALGROUP_MEMBERS_INFO_0*>(buffer);
    for (DWORD i = 0; i < count; ++i) {
      const PSID sid = members[i].lgrmi0_sid;
      if (sid == nullptr || IsValidSid(sid) == 0) continue;
      const auto* bytes = static_cast<const unsigned char*>(sid);
      sids_.emplace_back(bytes, bytes + GetLengthSid(sid));
    }
    NetApiBufferFree(buffer);
  }

  bool read_ = false;
  std::vector<std::vector<unsigned char>> sids_;
};

// What is looked for in an access list: entries of others that grant one of `rights`, to the folder
// itself or to what will be made in it.
struct Grant {
  std::function<bool(PSID)> is_trusted;
  ACCESS_MASK rights;
  bool of_folder;
  bool of_new_entries;
};

bool concerns(BYTE flags, const Grant& sought) {
  const bool inherited = (flags & (CONTAINER_INHERIT_ACE | OBJECT_INHERIT_ACE)) != 0;
  const bool applies = (flags & INHERIT_ONLY_ACE) == 0;
  return (sought.of_folder && applies) || (sought.of_new_entries && inherited);
}

std::optional<std::string> writer_in(ACL* list, const Grant& sought) {
  if (list == nullptr) return "everybody (it has no access list)";
  for (DWORD i = 0; i < list->AceCount; ++i) {
    void* entry = nullptr;
    if (GetAce(list, i, &entry) == 0) return "an access list that cannot be read";
    const auto* header = static_cast<const ACE_HEADER*>(entry);
    if (header->AceType == ACCESS_DENIED_ACE_TYPE || !concerns(header->AceFlags, sought)) continue;
    if (header->AceType != ACCESS_ALLOWED_ACE_TYPE &&
        header->AceType != ACCESS_ALLOWED_CALLBACK_ACE_TYPE)
      return "an entry of type " + std::to_string(header->AceType) + " in its access list";
    auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);  // begins as the one with a condition
    PSID sid = &allowed->SidStart;
    // The creator or owner of what is here: only who may write is one.
    if (is_well_known(sid, WinCreatorOwnerSid) || is_well_known(sid, WinCreatorOwnerRightsSid))
      continue;
    if ((allowed->Mask & sought.rights) != 0 && !sought.is_trusted(sid)) return name_of(sid);
  }
  return std::nullopt;
}

std::optional<std::string> writer_of(const FileHandle& folder, const Grant& sought,
                                     const Attempt& attempt) {
  PSID owner = nullptr;
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD code = GetSecurityInfo(folder.get(), SE_FILE_OBJECT,
                                     OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
                                     nullptr, &list, nullptr, &descriptor);
  if (code != ERROR_SUCCESS) attempt.by("GetSecurityInfo").fail(code);
  const LocalBlock block(descriptor);
  if (owner == nullptr) return "nobody in particular (it has no owner)";
  if (!sought.is_trusted(owner)) return name_of(owner) + " (its owner)";
  return writer_in(list, sought);
}

}  // namespace

std::optional<std::string> other_writer_of(const FileHandle& folder, const Attempt& attempt) {
  return writer_of(folder, {is_trusted, kWriting, true, true}, attempt);
}

// From the folder up to the root of its volume. What is not there will be made in the first folder
// that is, with what it inherits from it.
std::optional<std::string> other_writer(std::string_view folder,
                                        const std::vector<std::string>& trusted) {
  const Attempt attempt{errors::ExitCode::kGeneric, "look at", "CreateFile", folder};
  const auto is_named = [&trusted](const std::string& name) {
    return std::ranges::any_of(
        trusted, [&name](const std::string& other) { return equal_names(name, other); });
  };
  Administrators administrators;
  // A name is looked up last, and only where somebody is named: that may ask a domain.
  const auto is_trusted_for_programs = [&](PSID sid) {
    return is_trusted(sid) || is_trusted_installer(sid) || administrators.has(sid) ||
           (!trusted.empty() && (is_named(text_of(sid)) || is_named(name_of(sid))));
  };
  Grant sought{is_trusted_for_programs, kWriting, true, true};
  for (std::string at(folder); !at.empty(); at = parent(at)) {
    std::uint32_t code = 0;
    const FileHandle found = open_entry(at, READ_CONTROL, code);
    if (!found && !is_missing(code)) attempt.fail(code);
    if (!found) continue;
    if (auto writer = writer_of(found, sought, attempt)) return writer;
    sought = {is_trusted_for_programs, kReplacing, true, false};
  }
  return std::nullopt;
}

}  // namespace machine::windows
