#include "actions/machine/windows/interfaces/windows_system.h"

#include <windows.h>
// these need windows.h first
#include <knownfolders.h>
#include <shlobj.h>

#include <array>

#include "actions/machine/paths.h"
#include "actions/machine/windows/clock.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/interfaces/windows_registry.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

constexpr const wchar_t* kBootKey = LR"(SOFTWARE\EbpfForWindows-Boot)";
constexpr const wchar_t* kBootValue = L"Id";

void check_status(LSTATUS code, std::string_view verb, std::string_view api,
                  std::string_view object) {
  if (code == ERROR_SUCCESS) return;
  Attempt{ExitCode::kGeneric, verb, api, object}.fail(static_cast<std::uint32_t>(code));
}

std::string known_folder(REFKNOWNFOLDERID id, std::string_view name) {
  PWSTR path = nullptr;
  const HRESULT result = SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, nullptr, &path);
  std::string text = path == nullptr ? "" : utf8(path);
  CoTaskMemFree(path);
  if (FAILED(result)) {
    Attempt{ExitCode::kGeneric, "find the folder", "SHGetKnownFolderPath", name}.fail(
        code_of_hresult(result));
  }
  return text;
}

std::string new_guid() {
  GUID guid{};
  std::array<wchar_t, 64> text{};
  if (FAILED(CoCreateGuid(&guid)) ||
      StringFromGUID2(guid, text.data(), static_cast<int>(text.size())) == 0) {
    Attempt{ExitCode::kGeneric, "make", "CoCreateGuid", "a GUID"}.fail_with_last_error();
  }
  return utf8(std::wstring_view(text.data() + 1, 36));  // without braces
}

// Empty: no id in it yet.
std::string stored_boot_id(const KeyHandle& key) {
  std::array<wchar_t, 64> text{};
  DWORD size = sizeof(text);
  const LSTATUS code =
      RegGetValueW(key.get(), nullptr, kBootValue, RRF_RT_REG_SZ, nullptr, text.data(), &size);
  if (code == ERROR_FILE_NOT_FOUND) return "";
  check_status(code, "read", "RegGetValue", "the boot's id");
  return utf8(text.data());
}

// All that the volume has not written yet, whoever changed it. Who may not open the volume as a
// whole flushes its root folder.
void flush_volume(const std::string& drive) {
  const std::wstring device = LR"(\\.\)" + wide(drive);
  const FileHandle volume(CreateFileW(device.c_str(), GENERIC_READ | GENERIC_WRITE,
                                      FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0,
                                      nullptr));
  if (volume && FlushFileBuffers(volume.get()) != 0) return;
  const std::string root = drive + "\\";
  flush_entry(root, {ExitCode::kGeneric, "sync", "CreateFile", root});
}

}  // namespace

std::int64_t WindowsSystem::utc_ms() { return windows::utc_ms(); }

std::int64_t WindowsSystem::monotonic_ms() { return windows::monotonic_ms(); }

void WindowsSystem::wait_ms(std::int64_t milliseconds) { windows::wait_ms(milliseconds); }

std::string WindowsSystem::machine_id() {
  constexpr std::string_view kKey = R"(HKLM\SOFTWARE\Microsoft\Cryptography)";
  const auto id = WindowsRegistry().get(kKey, "MachineGuid");
  if (!id || id->data.empty()) {
    Attempt{ExitCode::kGeneric, "read MachineGuid in", "RegQueryValueEx", kKey}.fail(
        ERROR_FILE_NOT_FOUND);
  }
  return id->data;
}

std::string WindowsSystem::boot_id() {
  constexpr std::string_view kObject = "the boot's id";
  KeyHandle key;
  LSTATUS code =
      RegOpenKeyExW(HKEY_LOCAL_MACHINE, kBootKey, 0, KEY_QUERY_VALUE | KEY_WOW64_64KEY, key.out());
  if (code == ERROR_SUCCESS) {
    std::string id = stored_boot_id(key);
    if (!id.empty()) return id;
  }
  code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, kBootKey, 0, nullptr, REG_OPTION_VOLATILE,
                         KEY_QUERY_VALUE | KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, key.out(),
                         nullptr);
  check_status(code, "make", "RegCreateKeyEx", kObject);
  const std::wstring id = wide(new_guid());
  code = RegSetValueExW(key.get(), kBootValue, 0, REG_SZ, reinterpret_cast<const BYTE*>(id.c_str()),
                        static_cast<DWORD>((id.size() + 1) * sizeof(wchar_t)));
  check_status(code, "write", "RegSetValueEx", kObject);
  return stored_boot_id(key);  // of two that came at once the later one's stays
}

// GetVersionEx tells what the manifest says; RtlGetVersion the truth.
int WindowsSystem::os_build() {
  using GetVersion = LONG(WINAPI*)(OSVERSIONINFOW*);
  // ntdll is in every process. Through void*: GCC warns of casts between kinds of functions.
  auto* function =
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlGetVersion"));
  OSVERSIONINFOW version{};
  version.dwOSVersionInfoSize = sizeof(version);
  if (function == nullptr || reinterpret_cast<GetVersion>(function)(&version) != 0) {
    Attempt{ExitCode::kUnsupportedOs, "find", "RtlGetVersion", "the version of Windows"}.fail(
        ERROR_PROC_NOT_FOUND);
  }
  return static_cast<int>(version.dwBuildNumber);
}

std::string WindowsSystem::architecture() {
  USHORT process = 0;
  USHORT native = 0;
  if (IsWow64Process2(GetCurrentProcess(), &process, &native) == 0) {
    Attempt{ExitCode::kUnsupportedOs, "find", "IsWow64Process2", "the kind of processor"}
        .fail_with_last_error();
  }
  return native == IMAGE_FILE_MACHINE_ARM64 ? "arm64" : "x64";
}

std::string WindowsSystem::system_root() {
  std::array<wchar_t, MAX_PATH> path{};
  const UINT size = GetSystemWindowsDirectoryW(path.data(), MAX_PATH);
  if (size == 0 || size >= MAX_PATH) {
    Attempt{ExitCode::kGeneric, "find", "GetSystemWindowsDirectory", "Windows' folder"}
        .fail_with_last_error();
  }
  return utf8(std::wstring_view(path.data(), size));
}

std::string WindowsSystem::program_files() {
  return known_folder(FOLDERID_ProgramFiles, "ProgramFiles");
}

std::string WindowsSystem::program_data() {
  return known_folder(FOLDERID_ProgramData, "ProgramData");
}

// The service database is in SYSTEM, tasks are in SOFTWARE and on the system's drive; SYSTEM's own
// hive (S-1-5-18) is that of the eBPF store. Other volumes that were written to are synced by path.
void WindowsSystem::flush() {
  struct Hive {
    HKEY root;
    const wchar_t* name;
    std::string_view text;
  };
  constexpr REGSAM kAccess = KEY_QUERY_VALUE | KEY_WOW64_64KEY;
  for (const Hive& hive : {Hive{HKEY_LOCAL_MACHINE, L"SYSTEM", R"(HKLM\SYSTEM)"},
                           Hive{HKEY_LOCAL_MACHINE, L"SOFTWARE", R"(HKLM\SOFTWARE)"},
                           Hive{HKEY_USERS, L"S-1-5-18", R"(HKU\S-1-5-18)"}}) {
    KeyHandle key;
    const LSTATUS code = RegOpenKeyExW(hive.root, hive.name, 0, kAccess, key.out());
    if (code == ERROR_FILE_NOT_FOUND) continue;
    check_status(code, "flush", "RegOpenKeyEx", hive.text);
    check_status(RegFlushKey(key.get()), "flush", "RegFlushKey", hive.text);
  }
  flush_volume(drive(system_root()));
  const std::string data = drive(program_data());
  if (!equal_paths(data, drive(system_root()))) flush_volume(data);
}

void WindowsSystem::announce_environment() {
  constexpr UINT kPatienceMs = 1000;
  DWORD_PTR answer = 0;
  // Who does not answer is passed over; that nobody does changes nothing for us.
  SendMessageTimeoutW(HWND_BROADCAST, WM_SETTINGCHANGE, 0, reinterpret_cast<LPARAM>(L"Environment"),
                      SMTO_ABORTIFHUNG, kPatienceMs, &answer);
}

}  // namespace machine::windows::interfaces
