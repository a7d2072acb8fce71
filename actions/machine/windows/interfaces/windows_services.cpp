#include "actions/machine/windows/interfaces/windows_services.h"

#include <algorithm>
#include <array>

#include "actions/machine/paths.h"
#include "actions/machine/windows/interfaces/windows_system.h"
#include "actions/machine/windows/service_registration.h"
#include "actions/machine/windows/signature.h"
#include "actions/machine/windows/text.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

// LocalSystem, LocalService, NetworkService and virtual accounts have none
// ("ChangeServiceConfigW").
constexpr const wchar_t* kNoPassword = L"";

// Windows refuses to load an image: ERROR_INVALID_IMAGE_HASH, ERROR_DRIVER_BLOCKED,
// ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION ("System Error Codes").
constexpr std::array<DWORD, 3> kImageRefused{577, 1275, 4551};

constexpr std::chrono::milliseconds kNoTime{0};

ServiceHandle open_manager(DWORD access, const Attempt& attempt) {
  ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, access));
  if (manager) return manager;
  attempt.by("OpenSCManager").fail_with_last_error();
}

// Empty where there is no such service.
ServiceHandle find(std::string_view name, DWORD access, const Attempt& attempt) {
  const ServiceHandle manager = open_manager(SC_MANAGER_CONNECT, attempt);
  ServiceHandle service(OpenServiceW(manager.get(), wide(name).c_str(), access));
  if (service || GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return service;
  attempt.by("OpenService").fail_with_last_error();
}

ServiceHandle open(std::string_view name, DWORD access, const Attempt& attempt) {
  ServiceHandle service = find(name, access, attempt);
  if (service) return service;
  attempt.by("OpenService").fail(ERROR_SERVICE_DOES_NOT_EXIST);
}

// The manager says so only to who wants to change it. The change is none: a description of NULL is
// "unchanged" ("SERVICE_DESCRIPTIONW"). DeleteFlag is where it keeps the mark for the next boot.
// Rejected: ChangeServiceConfig without a change, which loses the dependencies under Wine.
bool is_marked_for_deletion(std::string_view name) {
  const ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
  if (!manager) return false;
  const ServiceHandle service(
      OpenServiceW(manager.get(), wide(name).c_str(), SERVICE_CHANGE_CONFIG));
  if (!service) return GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE;
  SERVICE_DESCRIPTIONW unchanged{nullptr};
  if (ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_DESCRIPTION, &unchanged) == 0)
    return GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE;
  return has_delete_flag(name);
}

// Who depends on it right now: whoever is not stopped, also through others; not in any order.
std::vector<std::string> dependents(std::string_view name, const Attempt& attempt) {
  const ServiceHandle service = open(name, SERVICE_ENUMERATE_DEPENDENTS, attempt);
  std::vector<unsigned char> bytes(4096);
  DWORD needed = 0;
  DWORD count = 0;
  while (EnumDependentServicesW(service.get(), SERVICE_ACTIVE,
                                reinterpret_cast<ENUM_SERVICE_STATUSW*>(bytes.data()),
                                static_cast<DWORD>(bytes.size()), &needed, &count) == 0) {
    if (GetLastError() != ERROR_MORE_DATA || needed <= bytes.size()) attempt.fail_with_last_error();
    bytes.resize(needed);
  }
  const auto* found = reinterpret_cast<const ENUM_SERVICE_STATUSW*>(bytes.data());
  std::vector<std::string> names;
  for (DWORD i = 0; i < count; ++i)
    names.push_back(utf8(found[i].lpServiceName));
  return names;
}

// Depth first: before a service come those that depend on it.
void add_dependents(std::string_view name, const Attempt& attempt, std::vector<std::string>& seen,
                    std::vector<std::string>& order) {
  for (const std::string& dependent : dependents(name, attempt)) {
    if (std::find(seen.begin(), seen.end(), fold_case(dependent)) != seen.end()) continue;
    seen.push_back(fold_case(dependent));
    add_dependents(dependent, attempt, seen, order);
    order.push_back(dependent);
  }
}

const wchar_t* unless_same(const std::wstring& wanted, bool same) {
  return same ? nullptr : wanted.c_str();
}

}  // namespace

std::optional<ServiceConfig> WindowsServices::config(std::string_view name) {
  const Attempt attempt{ExitCode::kGeneric, "look at service", "QueryServiceConfig", name};
  const ServiceHandle service = find(name, SERVICE_QUERY_CONFIG, attempt);
  if (!service) return std::nullopt;
  return read_registration(service, name, attempt);
}

// Nothing is asked of the manager about a service for which it does not answer yet.
std::optional<ServiceStatus> WindowsServices::status(std::string_view name) {
  DWORD late = 0;
  if (const auto found = pending_.find(fold_case(name)); found != pending_.end()) {
    const auto answer = found->second.call.wait(kNoTime);
    if (!answer) return found->second.meanwhile;
    if (found->second.meanwhile.state == ServiceState::kStartPending) late = *answer;
    pending_.erase(found);
  }
  const Attempt attempt{ExitCode::kGeneric, "look at service", "QueryServiceStatusEx", name};
  const ServiceHandle service = find(name, SERVICE_QUERY_STATUS, attempt);
  if (!service) return std::nullopt;
  SERVICE_STATUS_PROCESS found{};
  DWORD needed = 0;
  if (QueryServiceStatusEx(service.get(), SC_STATUS_PROCESS_INFO, reinterpret_cast<BYTE*>(&found),
                           sizeof(found), &needed) == 0)
    attempt.fail_with_last_error();
  ServiceStatus status;
  status.state = static_cast<ServiceState>(found.dwCurrentState);
  const bool has_own_process = (found.dwServiceType & SERVICE_WIN32_OWN_PROCESS) != 0;
  status.process_id = has_own_process ? found.dwProcessId : 0;
  status.exit_code = late != 0 ? late : found.dwWin32ExitCode;
  status.marked_for_deletion = is_marked_for_deletion(name);
  return status;
}

void WindowsServices::create(std::string_view name, const ServiceConfig& config) {
  const Attempt attempt{ExitCode::kCreateService, "create service", "CreateService", name};
  const ServiceHandle manager =
      open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, attempt);
  const std::wstring display = wide(config.display);
  const std::wstring account = wide(config.account);
  const ServiceHandle service(CreateServiceW(
      manager.get(), wide(name).c_str(), unless_same(display, config.display.empty()),
      SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG | DELETE, static_cast<DWORD>(config.type),
      static_cast<DWORD>(config.start), config.error_control, wide(config.image).c_str(), nullptr,
      nullptr, dependency_list(config.depends_on).c_str(),
      unless_same(account, config.account.empty()), kNoPassword));
  if (!service) attempt.fail_with_last_error();
  try {
    write_registration_details(service, name, ServiceConfig{}, config, attempt);
  } catch (...) {
    DeleteService(service.get());
    throw;
  }
}

// What is as wanted already is left out (NULL), so that the manager does not word it anew; but for
// dependencies, which Wine loses then.
void WindowsServices::change(std::string_view name, const ServiceConfig& wanted) {
  const Attempt attempt{ExitCode::kCreateService, "change service", "ChangeServiceConfig", name};
  const ServiceHandle service = open(name, SERVICE_QUERY_CONFIG | SERVICE_CHANGE_CONFIG, attempt);
  const ServiceConfig found = read_registration(service, name, attempt);
  if (wanted.type != found.type) attempt.fail(ERROR_INVALID_PARAMETER);
  const std::wstring image = wide(wanted.image);
  const std::wstring account = wide(wanted.account);
  const std::wstring display = wide(wanted.display);
  const std::wstring dependencies = dependency_list(wanted.depends_on);
  if (ChangeServiceConfigW(
          service.get(), SERVICE_NO_CHANGE, static_cast<DWORD>(wanted.start), wanted.error_control,
          unless_same(image, wanted.image == found.image), nullptr, nullptr,
          unless_same(dependencies, wanted.depends_on.empty() && found.depends_on.empty()),
          unless_same(account, wanted.account == found.account),
          wanted.account == found.account ? nullptr : kNoPassword,
          unless_same(display, wanted.display == found.display)) == 0)
    attempt.fail_with_last_error();
  write_registration_details(service, name, found, wanted, attempt);
}

void WindowsServices::remove(std::string_view name) {
  const Attempt attempt{ExitCode::kDeleteService, "delete service", "DeleteService", name};
  const ServiceHandle service = open(name, DELETE, attempt);
  if (DeleteService(service.get()) == 0) attempt.fail_with_last_error();
  if (const auto found = pending_.find(fold_case(name)); found != pending_.end())
    found->second.meanwhile.marked_for_deletion = true;
}

template <class Call>
DWORD WindowsServices::ask(std::string_view name, ServiceState meanwhile, Call call) {
  ManagerCall made = ManagerCall::begin(std::move(call));
  const auto answer = made.wait(answer_time_);
  if (!answer)
    pending_.insert_or_assign(fold_case(name), Pending{std::move(made), {.state = meanwhile}});
  return answer.value_or(ERROR_SUCCESS);
}

void WindowsServices::start(std::string_view name) {
  const Attempt attempt{ExitCode::kStartDriver, "start service", "StartService", name};
  const DWORD code =
      ask(name, ServiceState::kStartPending, [service = open(name, SERVICE_START, attempt)] {
        return StartServiceW(service.get(), 0, nullptr) != 0 ? ERROR_SUCCESS : GetLastError();
      });
  if (code == ERROR_SUCCESS) return;
  if (std::find(kImageRefused.begin(), kImageRefused.end(), code) == kImageRefused.end())
    attempt.fail(code);
  throw attempt.failure(code, about_image(name));
}

// The refusal counts, whether its image can be found or not.
std::string WindowsServices::about_image(std::string_view name) {
  try {
    const auto registration = config(name);
    WindowsSystem system;
    return signature_of(image_file(registration ? registration->image : "", system.system_root(),
                                   system.program_files()));
  } catch (const errors::Failure& failure) {
    return "Its image cannot be looked at: " + failure.message();
  }
}

void WindowsServices::stop(std::string_view name) {
  const Attempt attempt{ExitCode::kStopDriver, "stop service", "ControlService", name};
  const DWORD code =
      ask(name, ServiceState::kStopPending, [service = open(name, SERVICE_STOP, attempt)] {
        SERVICE_STATUS status{};
        const bool done = ControlService(service.get(), SERVICE_CONTROL_STOP, &status) != 0;
        return done ? ERROR_SUCCESS : GetLastError();
      });
  if (code != ERROR_SUCCESS) attempt.fail(code);
}

std::vector<std::string> WindowsServices::active_dependents(std::string_view name) {
  const Attempt attempt{ExitCode::kGeneric, "list the dependents of", "EnumDependentServices",
                        name};
  std::vector<std::string> seen{fold_case(name)};
  std::vector<std::string> order;
  add_dependents(name, attempt, seen, order);
  return order;
}

// A process that may not be asked about (5) is there.
bool WindowsServices::process_alive(std::uint32_t process_id) {
  if (process_id == 0) return false;
  const KernelHandle process(OpenProcess(SYNCHRONIZE, FALSE, process_id));
  if (!process) return GetLastError() == ERROR_ACCESS_DENIED;
  return WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
}

}  // namespace machine::windows::interfaces
