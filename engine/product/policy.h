#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/machine.h"

namespace engine::product {

// What an administrator decides for the machine, in the registry.
inline constexpr std::string_view kPolicyKey = "HKLM\\Software\\eBPF";
// Accounts and groups that may write into the folders of programs, beside administrators:
// "CORP\\Packagers" or a SID, several in a REG_MULTI_SZ, or in a REG_SZ with ';' between them.
inline constexpr std::string_view kTrustedWritersValue = "EbpfTrustedWriters";

// Returns Files::other_writer of a folder of programs, but for the accounts that the value names.
std::optional<std::string> other_writer(machine::Machine& machine, const std::string& folder);

}  // namespace engine::product
