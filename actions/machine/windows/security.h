#pragma once

#include <windows.h>

#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// The access rights of a new object, from SDDL ("Security Descriptor Definition Language").
class Security {
 public:
  Security(const wchar_t* sddl, const Attempt& attempt);
  SECURITY_ATTRIBUTES* attributes() { return &attributes_; }

 private:
  LocalBlock block_;
  SECURITY_ATTRIBUTES attributes_{};
};

}  // namespace machine::windows
