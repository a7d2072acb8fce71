#include "actions/machine/registry.h"

namespace machine {

std::string to_text(RegistryType type) {
  switch (type) {
    case RegistryType::kString:
      return "REG_SZ";
    case RegistryType::kExpandString:
      return "REG_EXPAND_SZ";
    case RegistryType::kBinary:
      return "REG_BINARY";
    case RegistryType::kDword:
      return "REG_DWORD";
    case RegistryType::kMultiString:
      return "REG_MULTI_SZ";
    case RegistryType::kQword:
      return "REG_QWORD";
  }
  return "REG_" + std::to_string(static_cast<std::uint32_t>(type));
}

}  // namespace machine
