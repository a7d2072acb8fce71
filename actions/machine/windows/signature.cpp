#include "actions/machine/windows/signature.h"

#include <windows.h>
// these need windows.h first
#include <softpub.h>
#include <wintrust.h>

#include <array>
#include <cstdint>
#include <cstdio>

#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/file_stream.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

std::string signature_of(std::string_view path) {
  std::uint32_t code = 0;
  const FileHandle file = open_entry(path, GENERIC_READ, code);
  if (!file) return "The signature of its image cannot be read: " + system_text(code);
  const std::wstring name = wide(library_path(path));
  WINTRUST_FILE_INFO subject{};
  subject.cbStruct = sizeof(subject);
  subject.pcwszFilePath = name.c_str();
  subject.hFile = file.get();
  WINTRUST_DATA question{};
  question.cbStruct = sizeof(question);
  question.dwUIChoice = WTD_UI_NONE;
  question.fdwRevocationChecks = WTD_REVOKE_NONE;
  question.dwUnionChoice = WTD_CHOICE_FILE;
  question.pFile = &subject;
  question.dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL;
  const auto ask = [&](DWORD state) {
    GUID kind = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    question.dwStateAction = state;
    return WinVerifyTrust(static_cast<HWND>(INVALID_HANDLE_VALUE), &kind, &question);
  };
  const auto answer = static_cast<std::uint32_t>(ask(WTD_STATEACTION_VERIFY));
  ask(WTD_STATEACTION_CLOSE);
  if (answer == 0) return "Its image is signed, and Windows trusts the signature.";
  if (answer == static_cast<std::uint32_t>(TRUST_E_NOSIGNATURE))
    return "Its image has no signature in it.";
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "0x%08x", answer);
  return "Windows does not trust the signature of its image (" + std::string(number.data()) +
         "): " + system_text(answer);
}

}  // namespace machine::windows
