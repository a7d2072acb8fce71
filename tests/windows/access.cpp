#include "tests/windows/access.h"

#include <windows.h>
// these need windows.h first
#include <aclapi.h>
#include <sddl.h>

#include <stdexcept>

#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/text.h"

namespace windows_tests {

void let_everybody_write(const std::string& folder) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(
          L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)", SDDL_REVISION_1, &descriptor,
          nullptr) == 0)
    throw std::runtime_error("no security descriptor");
  const machine::windows::LocalBlock block(descriptor);
  BOOL present = FALSE;
  BOOL by_default = FALSE;
  PACL list = nullptr;
  GetSecurityDescriptorDacl(descriptor, &present, &list, &by_default);
  std::wstring name = machine::windows::wide(folder);
  if (SetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr,
                            nullptr, list, nullptr) != ERROR_SUCCESS)
    throw std::runtime_error("SetNamedSecurityInfo failed for " + folder);
}

std::wstring access_list(const std::string& path) {
  std::wstring name = machine::windows::wide(path);
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (GetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr,
                            nullptr, nullptr, nullptr, &descriptor) != ERROR_SUCCESS)
    throw std::runtime_error("GetNamedSecurityInfo failed for " + path);
  const machine::windows::LocalBlock block(descriptor);
  wchar_t* text = nullptr;
  if (ConvertSecurityDescriptorToStringSecurityDescriptorW(
          descriptor, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, nullptr) == 0)
    throw std::runtime_error("no text for the access list of " + path);
  const machine::windows::LocalBlock words(text);
  return text;
}

}  // namespace windows_tests
