#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/machine/registry.h"

namespace actions {

// netsh loads each DLL that a value of this key names, at each start.
inline constexpr std::string_view kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";

struct NetshHelper {
  std::string name;  // of the value
  machine::RegistryValue value;
};

// The helpers whose DLL has the file name of `dll`, wherever it lies.
std::vector<NetshHelper> netsh_helpers_like(machine::Machine& machine, std::string_view dll);

// Whether a helper is this very DLL: by its path, or by its bare name, as `netsh add helper` keeps
// it when it is run in the DLL's folder.
bool is_helper(const NetshHelper& helper, std::string_view dll);

}  // namespace actions
