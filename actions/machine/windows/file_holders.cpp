#include "actions/machine/windows/file_holders.h"

#include <windows.h>
// restartmanager.h needs windows.h first
#include <restartmanager.h>

#include <array>
#include <vector>

#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/text.h"

namespace machine::windows {
namespace {

class Session {
 public:
  Session() {
    std::array<wchar_t, CCH_RM_SESSION_KEY + 1> key{};
    open_ = RmStartSession(&handle_, 0, key.data()) == ERROR_SUCCESS;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (open_) RmEndSession(handle_);
  }

  std::vector<RM_PROCESS_INFO> users_of(const std::wstring& path) const {
    LPCWSTR names[] = {path.c_str()};
    if (!open_ || RmRegisterResources(handle_, 1, names, 0, nullptr, 0, nullptr) != ERROR_SUCCESS)
      return {};
    std::vector<RM_PROCESS_INFO> users(8);
    for (;;) {
      UINT needed = 0;
      auto count = static_cast<UINT>(users.size());
      DWORD reasons = RmRebootReasonNone;
      const DWORD code = RmGetList(handle_, &needed, &count, users.data(), &reasons);
      if (code == ERROR_MORE_DATA && needed > users.size()) {
        users.resize(needed);
        continue;
      }
      users.resize(code == ERROR_SUCCESS ? count : 0);
      return users;
    }
  }

 private:
  DWORD handle_ = 0;
  bool open_ = false;
};

}  // namespace

std::string holders_of(std::string_view path) {
  const std::wstring name = wide(library_path(path));
  std::string list;
  for (const RM_PROCESS_INFO& user : Session().users_of(name)) {
    if (!list.empty()) list += ", ";
    list += utf8(user.strServiceShortName[0] != L'\0' ? user.strServiceShortName : user.strAppName);
    list += " (process " + std::to_string(user.Process.dwProcessId) + ")";
  }
  return list;
}

}  // namespace machine::windows
