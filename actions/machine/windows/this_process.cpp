#include "actions/machine/this_process.h"

#include <windows.h>
// shellapi.h needs windows.h first
#include <shellapi.h>

#include "actions/machine/paths.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine {

using errors::ExitCode;
using windows::Attempt;

// Microsoft, "SetDefaultDllDirectories": holds for LoadLibrary from now on. What the program
// imports itself was loaded before, and but for the KnownDLLs looked for in the program's folder
// first: into those that it runs from, the package's and the recovery's, only administrators can
// write.
void harden_process() {
  if (SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) == 0) {
    Attempt{ExitCode::kGeneric, "restrict where DLLs come from:", "SetDefaultDllDirectories",
            "System32"}
        .fail_with_last_error();
  }
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  SetConsoleOutputCP(CP_UTF8);  // fails where there is no console
}

std::vector<std::string> arguments(int /*argc*/, char** /*argv*/) {
  int count = 0;
  LPWSTR* words = CommandLineToArgvW(GetCommandLineW(), &count);
  if (words == nullptr) {
    Attempt{ExitCode::kUsage, "read", "CommandLineToArgvW", "the command line"}
        .fail_with_last_error();
  }
  const windows::LocalBlock block(words);
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    texts.push_back(windows::utf8(words[i]));
  return texts;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const std::wstring wide_name = windows::wide(name);
  std::wstring value(128, L'\0');
  for (;;) {
    SetLastError(ERROR_SUCCESS);
    const DWORD size =
        GetEnvironmentVariableW(wide_name.c_str(), value.data(), static_cast<DWORD>(value.size()));
    if (size == 0 && GetLastError() == ERROR_ENVVAR_NOT_FOUND) return std::nullopt;
    if (size < value.size()) return windows::utf8(std::wstring_view(value.data(), size));
    value.resize(size);
  }
}

std::string executable_path() {
  std::wstring path(MAX_PATH, L'\0');
  for (;;) {
    const DWORD size = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
    if (size == 0) {
      Attempt{ExitCode::kGeneric, "find", "GetModuleFileName", "this program"}
          .fail_with_last_error();
    }
    if (size < path.size()) return windows::utf8(std::wstring_view(path.data(), size));
    path.resize(path.size() * 2);
  }
}

std::string executable_folder() { return parent(executable_path()); }

std::int64_t process_id() { return GetCurrentProcessId(); }

bool is_elevated() {
  windows::KernelHandle token;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, token.out()) == 0) return false;
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  return GetTokenInformation(token.get(), TokenElevation, &elevation, sizeof elevation, &size) !=
             0 &&
         elevation.TokenIsElevated != 0;
}

void kill_this_process() {
  constexpr UINT kKilled = 137;  // what a shell reports for SIGKILL
  TerminateProcess(GetCurrentProcess(), kKilled);
  for (;;) {  // ends while it waits
    Sleep(INFINITE);
  }
}

}  // namespace machine
