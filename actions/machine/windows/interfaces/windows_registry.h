#pragma once

#include "actions/machine/registry.h"

namespace machine::windows::interfaces {

// The registry, its 64-bit view. Text is UTF-16 in the registry and ends with one NUL, which is not
// part of `data`; text that was stored without the NUL gets it when it is written again. Types
// without a name in RegistryType keep their number and have lower-case hex as data. A REG_DWORD or
// REG_QWORD of another size than its own is a Failure (13, ERROR_INVALID_DATA).
class WindowsRegistry final : public Registry {
 public:
  std::optional<RegistryValue> get(std::string_view key, std::string_view value) override;
  void set(std::string_view key, std::string_view value, const RegistryValue& data) override;
  void remove_value(std::string_view key, std::string_view value) override;
  std::vector<RegistryKeyContent> subtree(std::string_view key) override;
  void remove_key(std::string_view key) override;
};

}  // namespace machine::windows::interfaces
