#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/registry/registry_image.h"

namespace actions::registry {

// netsh loads each DLL that a value of this key names, at each start.
inline constexpr std::string_view kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";

using NetshHelper = NamedValue;

// The parameters of the kinds that register and remove a helper.
struct NetshDll {
  std::string dll;  // "C:\...\ebpfnetsh.dll"
  static void describe(auto& self, auto& visit) {
    visit.required("dll", self.dll, Text::kAbsolute);
  }
};

// The helpers whose DLL has the file name of `dll`, wherever it lies.
std::vector<NetshHelper> netsh_helpers_like(machine::Machine& machine, std::string_view dll);

// Whether a helper is this very DLL: by its path, or by its bare name, as `netsh add helper` keeps
// it when it is run in the DLL's folder.
bool is_helper(const NetshHelper& helper, std::string_view dll);

}  // namespace actions::registry
