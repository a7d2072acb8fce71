#include "actions/machine/windows/service_registration.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "actions/machine/windows/interfaces/windows_registry.h"
#include "actions/machine/windows/text.h"

namespace machine::windows {
namespace {

using Bytes = std::vector<unsigned char>;

// The value names are those that Windows' manager uses in HKLM\SYSTEM\CurrentControlSet\Services.
constexpr std::string_view kDelayed = "DelayedAutostart";
constexpr std::string_view kSidType = "ServiceSidType";
constexpr std::string_view kDeleteFlag = "DeleteFlag";
constexpr std::string_view kDependOnService = "DependOnService";

std::string key_of(std::string_view name) {
  return R"(HKLM\SYSTEM\CurrentControlSet\Services\)" + std::string(name);
}

std::uint32_t stored_number(std::string_view service, std::string_view value) {
  const auto stored = interfaces::WindowsRegistry().get(key_of(service), value);
  std::uint32_t number = 0;
  if (stored && stored->type == RegistryType::kDword)
    std::from_chars(stored->data.data(), stored->data.data() + stored->data.size(), number);
  return number;
}

std::vector<std::string> stored_dependencies(std::string_view service) {
  const auto stored = interfaces::WindowsRegistry().get(key_of(service), kDependOnService);
  std::vector<std::string> names;
  if (!stored || stored->type != RegistryType::kMultiString) return names;
  std::string_view rest = stored->data;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!line.empty()) names.emplace_back(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return names;
}

// Of both functions: asks for the size first. `query` returns 0 where it fails.
template <typename Query>
DWORD read_sized(Bytes& bytes, Query query) {
  bytes.resize(1024);
  for (;;) {
    DWORD needed = 0;
    if (query(bytes.data(), static_cast<DWORD>(bytes.size()), &needed) != 0) return ERROR_SUCCESS;
    const DWORD code = GetLastError();
    if (code != ERROR_INSUFFICIENT_BUFFER || needed <= bytes.size()) return code;
    bytes.resize(needed);
  }
}

// False: the manager does not know this level.
bool query_level(const ServiceHandle& service, DWORD level, Bytes& bytes, const Attempt& attempt) {
  const DWORD code = read_sized(bytes, [&](BYTE* data, DWORD size, DWORD* needed) {
    return QueryServiceConfig2W(service.get(), level, data, size, needed);
  });
  if (code == ERROR_INVALID_LEVEL) return false;
  if (code != ERROR_SUCCESS) attempt.by("QueryServiceConfig2").fail(code);
  return true;
}

template <typename Info>
bool change_level(const ServiceHandle& service, DWORD level, Info info, const Attempt& attempt) {
  if (ChangeServiceConfig2W(service.get(), level, &info) != 0) return true;
  const DWORD code = GetLastError();
  if (code != ERROR_INVALID_LEVEL) attempt.by("ChangeServiceConfig2").fail(code);
  return false;
}

std::string text(const wchar_t* words) { return words == nullptr ? "" : utf8(words); }

std::vector<std::string> split(const wchar_t* list) {
  std::vector<std::string> names;
  while (list != nullptr && *list != L'\0') {
    const std::wstring_view name(list);
    names.push_back(utf8(name));
    list += name.size() + 1;
  }
  return names;
}

}  // namespace

ServiceConfig read_registration(const ServiceHandle& service, std::string_view name,
                                const Attempt& attempt) {
  Bytes bytes;
  const DWORD code = read_sized(bytes, [&](BYTE* data, DWORD size, DWORD* needed) {
    return QueryServiceConfigW(service.get(), reinterpret_cast<QUERY_SERVICE_CONFIGW*>(data), size,
                               needed);
  });
  if (code != ERROR_SUCCESS) attempt.by("QueryServiceConfig").fail(code);
  const auto& found = *reinterpret_cast<const QUERY_SERVICE_CONFIGW*>(bytes.data());
  ServiceConfig config;
  config.type = static_cast<ServiceType>(found.dwServiceType);
  config.start = static_cast<StartType>(found.dwStartType);
  config.error_control = found.dwErrorControl;
  config.image = text(found.lpBinaryPathName);
  config.display = text(found.lpDisplayName);
  if (config.type != ServiceType::kKernelDriver) config.account = text(found.lpServiceStartName);
  config.depends_on = split(found.lpDependencies);
  if (config.depends_on.empty()) config.depends_on = stored_dependencies(name);

  if (query_level(service, SERVICE_CONFIG_DESCRIPTION, bytes, attempt)) {
    config.description =
        text(reinterpret_cast<const SERVICE_DESCRIPTIONW*>(bytes.data())->lpDescription);
  }
  config.sid_type = static_cast<SidType>(
      query_level(service, SERVICE_CONFIG_SERVICE_SID_INFO, bytes, attempt)
          ? reinterpret_cast<const SERVICE_SID_INFO*>(bytes.data())->dwServiceSidType
          : stored_number(name, kSidType));
  // Of a driver the manager keeps none.
  if (config.type != ServiceType::kKernelDriver) {
    config.delayed_start =
        query_level(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, bytes, attempt)
            ? reinterpret_cast<const SERVICE_DELAYED_AUTO_START_INFO*>(bytes.data())
                      ->fDelayedAutostart != 0
            : stored_number(name, kDelayed) != 0;
  }
  return config;
}

void write_registration_details(const ServiceHandle& service, std::string_view name,
                                const ServiceConfig& found, const ServiceConfig& wanted,
                                const Attempt& attempt) {
  const auto store = [&](std::string_view value, std::uint32_t number) {
    interfaces::WindowsRegistry().set(key_of(name), value,
                                      {RegistryType::kDword, std::to_string(number)});
  };
  if (wanted.description != found.description) {
    std::wstring description = wide(wanted.description);  // "" takes it away
    change_level(service, SERVICE_CONFIG_DESCRIPTION, SERVICE_DESCRIPTIONW{description.data()},
                 attempt);
  }
  if (wanted.sid_type != found.sid_type) {
    const auto type = static_cast<DWORD>(wanted.sid_type);
    if (!change_level(service, SERVICE_CONFIG_SERVICE_SID_INFO, SERVICE_SID_INFO{type}, attempt))
      store(kSidType, type);
  }
  if (wanted.delayed_start != found.delayed_start) {
    const SERVICE_DELAYED_AUTO_START_INFO delayed{wanted.delayed_start ? TRUE : FALSE};
    if (!change_level(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, delayed, attempt))
      store(kDelayed, wanted.delayed_start ? 1 : 0);
  }
}

bool has_delete_flag(std::string_view name) { return stored_number(name, kDeleteFlag) != 0; }

std::wstring dependency_list(const std::vector<std::string>& names) {
  std::wstring list;
  for (const std::string& name : names)
    list.append(wide(name)).push_back(L'\0');
  list.push_back(L'\0');
  return list;
}

}  // namespace machine::windows
