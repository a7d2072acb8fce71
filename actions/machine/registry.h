#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machine {

// Values are winnt.h's REG_*.
enum class RegistryType : std::uint32_t {
  kString = 1,
  kExpandString = 2,
  kBinary = 3,
  kDword = 4,
  kMultiString = 7,
  kQword = 11
};

// "REG_EXPAND_SZ"; "REG_123" for one without a name here.
std::string to_text(RegistryType type);

struct RegistryValue {
  RegistryType type = RegistryType::kString;
  // kString, kExpandString: UTF-8, unexpanded. kDword, kQword: decimal. kMultiString: joined by
  // '\n'. kBinary: lower-case hex.
  std::string data;

  bool operator==(const RegistryValue&) const = default;
};

// A key with its own values, by their names.
struct RegistryKeyContent {
  std::string key;  // whole, as it is stored: "HKLM\\Software\\..."
  std::map<std::string, RegistryValue> values;

  bool operator==(const RegistryKeyContent&) const = default;
};

// Keys are "HKLM\\Software\\..." or "HKU\\S-1-5-18\\...", compared without case. Values are raw:
// never expanded, the type kept.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  // nullopt: no such key or value. An empty value name is the key's default value.
  virtual std::optional<RegistryValue> get(std::string_view key, std::string_view value) = 0;
  // Makes the key and its parents where missing.
  virtual void set(std::string_view key, std::string_view value, const RegistryValue& data) = 0;
  // Missing already is success.
  virtual void remove_value(std::string_view key, std::string_view value) = 0;
  // The key and all keys below it, sorted without case, a key before those below it. Empty: no such
  // key.
  virtual std::vector<RegistryKeyContent> subtree(std::string_view key) = 0;
  // Removes a key with its values. Missing already is success; keys below it: 5.
  virtual void remove_key(std::string_view key) = 0;
};

}  // namespace machine
