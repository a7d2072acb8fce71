#include "actions/machine/windows/interfaces/windows_registry.h"

#include <windows.h>

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/registry_value.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

constexpr std::size_t kMaxKeyName = 256;      // "Registry Element Size Limits": 255 characters
constexpr std::size_t kMaxValueName = 16384;  // 16,383

struct KeyName {
  HKEY hive = nullptr;
  std::string_view hive_name;
  std::wstring below;  // "SOFTWARE\\..."; empty: the hive itself
};

KeyName key_name(std::string_view key) {
  constexpr std::string_view kMachine = "HKLM";
  constexpr std::string_view kUsers = "HKU";
  const std::size_t end = std::min(key.find('\\'), key.size());
  const std::string hive = fold_case(key.substr(0, end));
  std::string_view below = key.substr(std::min(end + 1, key.size()));
  while (below.ends_with('\\'))
    below.remove_suffix(1);
  if (hive == "hklm") return {HKEY_LOCAL_MACHINE, kMachine, wide(below)};
  if (hive == "hku") return {HKEY_USERS, kUsers, wide(below)};
  Attempt{ExitCode::kGeneric, "use the registry key", "RegOpenKeyEx", key}.fail(
      ERROR_INVALID_PARAMETER);
}

// What the functions of the registry return: a Win32 code.
std::uint32_t number(LSTATUS code) { return static_cast<std::uint32_t>(code); }

void check(LSTATUS code, const Attempt& attempt, std::string_view api) {
  if (code == ERROR_SUCCESS) return;
  attempt.by(api).fail(number(code));
}

// Empty: no such key.
KeyHandle open_key(HKEY parent, const std::wstring& below, REGSAM access, const Attempt& attempt) {
  KeyHandle key;
  const LSTATUS code = RegOpenKeyExW(parent, below.c_str(), 0, access | KEY_WOW64_64KEY, key.out());
  if (is_missing(number(code))) return {};
  check(code, attempt, "RegOpenKeyEx");
  return key;
}

KeyHandle open_key(std::string_view key, REGSAM access, const Attempt& attempt) {
  const KeyName name = key_name(key);
  return open_key(name.hive, name.below, access, attempt);
}

std::optional<RegistryValue> query_value(const KeyHandle& key, const std::wstring& name,
                                         const Attempt& attempt) {
  DWORD type = 0;
  std::vector<unsigned char> bytes(512);
  for (;;) {
    auto size = static_cast<DWORD>(bytes.size());
    const LSTATUS code =
        RegQueryValueExW(key.get(), name.c_str(), nullptr, &type, bytes.data(), &size);
    if (is_missing(number(code))) return std::nullopt;
    bytes.resize(std::max<std::size_t>(size, 1));
    if (code == ERROR_MORE_DATA) continue;  // may have grown meanwhile: asked for again
    check(code, attempt, "RegQueryValueEx");
    bytes.resize(size);
    auto value = value_from_bytes(type, bytes);
    if (!value) check(ERROR_INVALID_DATA, attempt, "RegQueryValueEx");
    return value;
  }
}

std::vector<std::wstring> subkeys(const KeyHandle& key, const Attempt& attempt) {
  std::vector<std::wstring> names;
  for (DWORD i = 0;; ++i) {
    std::wstring name(kMaxKeyName, L'\0');
    auto size = static_cast<DWORD>(name.size());
    const LSTATUS code =
        RegEnumKeyExW(key.get(), i, name.data(), &size, nullptr, nullptr, nullptr, nullptr);
    if (code == ERROR_NO_MORE_ITEMS) return names;
    check(code, attempt, "RegEnumKeyEx");
    names.push_back(name.substr(0, size));
  }
}

std::map<std::string, RegistryValue> values(const KeyHandle& key, const Attempt& attempt) {
  std::map<std::string, RegistryValue> all;
  for (DWORD i = 0;; ++i) {
    std::wstring name(kMaxValueName, L'\0');
    auto size = static_cast<DWORD>(name.size());
    const LSTATUS code =
        RegEnumValueW(key.get(), i, name.data(), &size, nullptr, nullptr, nullptr, nullptr);
    if (code == ERROR_NO_MORE_ITEMS) return all;
    check(code, attempt, "RegEnumValue");
    name.resize(size);
    if (const auto value = query_value(key, name, attempt)) all[utf8(name)] = *value;
  }
}

// The name under which the parent lists it.
std::wstring stored_name(const KeyHandle& parent, const std::wstring& name,
                         const Attempt& attempt) {
  for (const std::wstring& found : subkeys(parent, attempt)) {
    if (CompareStringOrdinal(found.c_str(), -1, name.c_str(), -1, TRUE) == CSTR_EQUAL) return found;
  }
  return name;
}

std::string stored_path(const KeyName& name, const Attempt& attempt) {
  std::string path(name.hive_name);
  KeyHandle key = open_key(name.hive, std::wstring(), KEY_READ, attempt);
  std::size_t start = 0;
  while (key && start < name.below.size()) {
    const std::size_t end = std::min(name.below.find(L'\\', start), name.below.size());
    const std::wstring component = name.below.substr(start, end - start);
    start = end + 1;
    path += "\\" + utf8(stored_name(key, component, attempt));
    key = open_key(key.get(), component, KEY_READ, attempt);
  }
  return path;
}

void collect(const KeyHandle& key, const std::string& path, const Attempt& attempt,
             std::vector<RegistryKeyContent>& all) {
  all.push_back({path, values(key, attempt)});
  std::vector<std::wstring> names = subkeys(key, attempt);
  std::sort(names.begin(), names.end(), [](const std::wstring& a, const std::wstring& b) {
    return fold_case(utf8(a)) < fold_case(utf8(b));
  });
  for (const std::wstring& name : names) {
    if (const KeyHandle below = open_key(key.get(), name, KEY_READ, attempt))
      collect(below, path + "\\" + utf8(name), attempt, all);
  }
}

}  // namespace

std::optional<RegistryValue> WindowsRegistry::get(std::string_view key, std::string_view value) {
  const Attempt attempt{ExitCode::kGeneric, "read the registry key", "RegQueryValueEx", key};
  const KeyHandle open = open_key(key, KEY_QUERY_VALUE, attempt);
  if (!open) return std::nullopt;
  return query_value(open, wide(value), attempt);
}

void WindowsRegistry::set(std::string_view key, std::string_view value, const RegistryValue& data) {
  const Attempt attempt{ExitCode::kGeneric, "write the registry key", "RegSetValueEx", key};
  const auto bytes = bytes_of_value(data);
  if (!bytes) attempt.fail(ERROR_INVALID_DATA);
  const KeyName name = key_name(key);
  KeyHandle open;
  check(RegCreateKeyExW(name.hive, name.below.c_str(), 0, nullptr, REG_OPTION_NON_VOLATILE,
                        KEY_SET_VALUE | KEY_WOW64_64KEY, nullptr, open.out(), nullptr),
        attempt, "RegCreateKeyEx");
  check(RegSetValueExW(open.get(), wide(value).c_str(), 0, static_cast<DWORD>(data.type),
                       bytes->data(), static_cast<DWORD>(bytes->size())),
        attempt, "RegSetValueEx");
}

void WindowsRegistry::remove_value(std::string_view key, std::string_view value) {
  const Attempt attempt{ExitCode::kGeneric, "write the registry key", "RegDeleteValue", key};
  const KeyHandle open = open_key(key, KEY_SET_VALUE, attempt);
  if (!open) return;
  const LSTATUS code = RegDeleteValueW(open.get(), wide(value).c_str());
  if (!is_missing(number(code))) check(code, attempt, "RegDeleteValue");
}

std::vector<RegistryKeyContent> WindowsRegistry::subtree(std::string_view key) {
  const Attempt attempt{ExitCode::kGeneric, "read the registry key", "RegEnumKeyEx", key};
  std::vector<RegistryKeyContent> all;
  const KeyName name = key_name(key);
  if (const KeyHandle open = open_key(name.hive, name.below, KEY_READ, attempt))
    collect(open, stored_path(name, attempt), attempt, all);
  return all;
}

void WindowsRegistry::remove_key(std::string_view key) {
  const Attempt attempt{ExitCode::kGeneric, "delete the registry key", "RegDeleteKeyEx", key};
  const KeyName name = key_name(key);
  if (name.below.empty()) attempt.fail(ERROR_ACCESS_DENIED);  // a whole hive
  const LSTATUS code = RegDeleteKeyExW(name.hive, name.below.c_str(), KEY_WOW64_64KEY, 0);
  if (!is_missing(number(code))) check(code, attempt, "RegDeleteKeyEx");
}

}  // namespace machine::windows::interfaces
