#include "actions/machine/windows/win32_failure.h"

#include <windows.h>

#include <array>
#include <cstdio>

#include "actions/machine/windows/text.h"

namespace machine::windows {

std::string system_text(std::uint32_t code) {
  std::array<wchar_t, 1024> words{};
  const DWORD size =
      FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, nullptr, code, 0,
                     words.data(), static_cast<DWORD>(words.size()), nullptr);
  std::wstring_view text(words.data(), size);
  while (!text.empty() && (text.back() == L'\n' || text.back() == L'\r' || text.back() == L' '))
    text.remove_suffix(1);
  if (!text.empty()) return utf8(text);
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "error 0x%08x", code);
  return number.data();
}

errors::Failure Attempt::failure(std::uint32_t code, std::string_view more) const {
  const bool full = code == ERROR_DISK_FULL || code == ERROR_HANDLE_DISK_FULL;
  std::string text = system_text(code);
  if (!more.empty()) text.append(" ").append(more);
  return {full ? errors::ExitCode::kDiskFull : exit_code, std::string(object),
          std::string(verb) + " " + std::string(object),
          errors::SystemError{std::string(api), code, text}};
}

void Attempt::fail_with_last_error() const { fail(GetLastError()); }

bool is_missing(std::uint32_t code) {
  return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
}

std::uint32_t code_of_hresult(std::int32_t result) {
  const auto code = static_cast<std::uint32_t>(result);
  constexpr std::uint32_t kWin32 = 0x80070000;  // FACILITY_WIN32, severity error
  return (code & 0xffff0000U) == kWin32 ? code & 0xffffU : code;
}

}  // namespace machine::windows
