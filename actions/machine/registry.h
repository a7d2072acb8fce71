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

// "REG_EXPAND_SZ"; "REG_123" for a type without a name here.
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
  std::string key;  // the whole key, as stored: "HKLM\\Software\\..."
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

  // Returns nullopt if there is no such key or value. An empty name is the key's default value.
  virtual std::optional<RegistryValue> get(std::string_view key, std::string_view value) = 0;
  // Makes the key and its parents if they are missing.
  virtual void set(std::string_view key, std::string_view value, const RegistryValue& data) = 0;
  // A missing value is success.
  virtual void remove_value(std::string_view key, std::string_view value) = 0;
  // The key and all its subkeys, sorted without case, a key before its subkeys. Empty if there is
  // no such key.
  virtual std::vector<RegistryKeyContent> subtree(std::string_view key) = 0;
  // Removes a key with its values. A missing key is success; a key with subkeys: 5.
  virtual void remove_key(std::string_view key) = 0;
};

}  // namespace machine
