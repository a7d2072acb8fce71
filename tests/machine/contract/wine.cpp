#include "tests/machine/contract/wine.h"

#include <windows.h>

namespace contract {

bool is_wine() {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

}  // namespace contract
