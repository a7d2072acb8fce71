#include "actions/machine/windows/security.h"

// sddl.h needs windows.h first
#include <sddl.h>

namespace machine::windows {

Security::Security(const wchar_t* sddl, const Attempt& attempt) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1, &descriptor,
                                                           nullptr) == 0) {
    attempt.by("ConvertStringSecurityDescriptorToSecurityDescriptor").fail_with_last_error();
  }
  block_ = LocalBlock(descriptor);
  attributes_ = {sizeof(attributes_), descriptor, FALSE};
}

}  // namespace machine::windows
