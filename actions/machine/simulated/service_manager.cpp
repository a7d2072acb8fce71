#include "actions/machine/simulated/service_manager.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/guest_proxy_agent.h"

namespace machine::simulated {
namespace {

using errors::ExitCode;

constexpr std::int64_t kDriverStartMs = 60;
constexpr std::int64_t kProcessStartMs = 150;
constexpr std::int64_t kDriverStopMs = 30;
constexpr std::int64_t kProcessStopMs = 100;
constexpr std::int64_t kDependencyTimeoutMs = 30'000;
constexpr std::size_t kMaxServiceName = 256;

constexpr const char* kSystemRoot = R"(C:\Windows)";
constexpr const char* kProgramFiles = R"(C:\Program Files)";

bool is_driver(const ServiceRecord& record) {
  return record.config.type == ServiceType::kKernelDriver;
}

bool is_pending(ServiceState state) {
  return state == ServiceState::kStartPending || state == ServiceState::kStopPending;
}

bool starts_by_itself(StartType start) {
  return start == StartType::kBoot || start == StartType::kSystem || start == StartType::kAutomatic;
}

// Codes with which StartService itself fails: the process was never made.
bool is_load_failure(std::uint32_t code) {
  static constexpr std::array<std::uint32_t, 12> kCodes{2,   3,   5,   14,   127,  193,
                                                        216, 577, 740, 1053, 1114, 1392};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

// As CreateService and ChangeServiceConfig store it.
ServiceConfig config_as_stored(std::string_view name, ServiceConfig config) {
  if (config.type == ServiceType::kKernelDriver) {
    if (config.image.size() > 2 && config.image[1] == ':') config.image.insert(0, R"(\??\)");
  } else if (config.account.empty()) {
    config.account = "LocalSystem";
  }
  if (config.display.empty()) config.display = name;
  return config;
}

// "0.10.0" or "0.10.0-rc1"; "" for an image without a version.
std::string version_text(const disk::Drive& drive, const disk::Place& image) {
  const auto version = drive.tree().version(image.host);
  return version ? version->product : "";
}

}  // namespace

ServiceRecord& ServiceManager::existing(std::string_view name, const Attempt& attempt) {
  ServiceRecord* record = state_.find_service(name);
  if (record == nullptr) attempt.fail(kServiceDoesNotExist);
  return *record;
}

void ServiceManager::remember_durable_form(const std::string& folded) {
  if (state_.unflushed.services.contains(folded)) return;
  const auto found = state_.services.find(folded);
  state_.unflushed.services[folded] =
      found == state_.services.end() ? nlohmann::json() : to_json(found->second);
}

void ServiceManager::check_config(std::string_view name, const ServiceConfig& config,
                                  const Attempt& attempt) {
  const bool early = config.start == StartType::kBoot || config.start == StartType::kSystem;
  if (early && config.type != ServiceType::kKernelDriver) attempt.fail(kInvalidParameter);
  if (config.image.empty()) attempt.fail(kInvalidParameter);
  const std::string folded = fold_case(name);
  std::vector<std::string> to_visit = config.depends_on;
  std::set<std::string> visited;
  while (!to_visit.empty()) {
    const std::string dependency = fold_case(to_visit.back());
    to_visit.pop_back();
    if (dependency == folded) attempt.fail(kCircularDependency);
    const ServiceRecord* record = state_.find_service(dependency);
    if (record == nullptr || !visited.insert(dependency).second) continue;
    to_visit.insert(to_visit.end(), record->config.depends_on.begin(),
                    record->config.depends_on.end());
  }
  for (const auto& [other, record] : state_.services) {
    if (other != folded && equal_names(record.config.display, config.display))
      attempt.fail(kDuplicateServiceName);
  }
}

void ServiceManager::create(std::string_view name, ServiceConfig config) {
  const Attempt attempt{ExitCode::kCreateService, "create service", "CreateService", name};
  if (name.empty() || name.size() > kMaxServiceName ||
      name.find_first_of("\\/") != std::string_view::npos) {
    attempt.fail(kInvalidName);
  }
  if (const ServiceRecord* record = state_.find_service(name)) {
    attempt.fail(record->marked ? kServiceMarkedForDelete : kServiceExists);
  }
  config = config_as_stored(name, std::move(config));
  check_config(name, config, attempt);
  const std::string folded = fold_case(name);
  remember_durable_form(folded);
  ServiceRecord record;
  record.name = name;
  record.config = std::move(config);
  state_.services[folded] = std::move(record);
}

void ServiceManager::change(std::string_view name, ServiceConfig wanted) {
  const Attempt attempt{ExitCode::kChangeStartType, "change service", "ChangeServiceConfig", name};
  ServiceRecord& record = existing(name, attempt);
  if (record.marked) attempt.fail(kServiceMarkedForDelete);
  if (wanted.type != record.config.type) attempt.fail(kInvalidParameter);
  wanted = config_as_stored(record.name, std::move(wanted));
  check_config(name, wanted, attempt);
  remember_durable_form(fold_case(name));
  record.config = std::move(wanted);
}

void ServiceManager::remove(std::string_view name) {
  const Attempt attempt{ExitCode::kDeleteService, "delete service", "DeleteService", name};
  ServiceRecord& record = existing(name, attempt);
  if (record.marked) attempt.fail(kServiceMarkedForDelete);
  const std::string folded = fold_case(name);
  remember_durable_form(folded);
  record.marked = true;
  erase_if_marked(folded);
}

void ServiceManager::start(std::string_view name) {
  const Attempt attempt{ExitCode::kStartDriver, "start service", "StartService", name};
  ServiceRecord& record = existing(name, attempt);
  if (record.marked) attempt.fail(kServiceMarkedForDelete);
  if (record.state != ServiceState::kStopped) attempt.fail(kServiceAlreadyRunning);
  if (record.config.start == StartType::kDisabled) attempt.fail(kServiceDisabled);
  start_dependencies(record, attempt);

  ServiceBehaviour armed = state_.behaviour_of(name);
  try {
    const disk::Place image = image_of(record, attempt);
    if (!armed.only_version.empty() && version_text(drive_, image) != armed.only_version)
      armed = {};
    const bool fails_now = armed.start_fails && !armed.start_takes_ms && !armed.start_hangs &&
                           (is_driver(record) || is_load_failure(*armed.start_fails));
    if (fails_now) attempt.fail(*armed.start_fails);
    load_image(record, image);
  } catch (const errors::Failure& failure) {
    record.exit_code = static_cast<std::uint32_t>(failure.system()->code);
    throw;
  }
  const std::int64_t takes =
      armed.start_takes_ms.value_or(is_driver(record) ? kDriverStartMs : kProcessStartMs);
  record.state = ServiceState::kStartPending;
  record.pending_until = armed.start_hangs ? 0 : state_.clock_ms + std::max<std::int64_t>(takes, 1);
  record.pending_failure = armed.start_fails.value_or(0);
}

void ServiceManager::start_dependencies(const ServiceRecord& record, const Attempt& attempt) {
  for (const std::string& name : record.config.depends_on) {
    ServiceRecord* dependency = state_.find_service(name);
    if (dependency == nullptr) attempt.fail(kServiceDependencyDeleted);
    if (dependency->state == ServiceState::kRunning) continue;
    if (dependency->marked) attempt.fail(kServiceDependencyDeleted);
    const std::string folded = fold_case(name);
    if (is_pending(dependency->state)) wait_until_settled(folded);
    dependency = state_.find_service(name);
    if (dependency == nullptr) attempt.fail(kServiceDependencyDeleted);
    if (dependency->state == ServiceState::kStopped) {
      try {
        start(name);
      } catch (const errors::Failure&) {
        attempt.fail(kServiceDependencyFail);
      }
      wait_until_settled(folded);
    }
    dependency = state_.find_service(name);
    if (dependency == nullptr || dependency->state != ServiceState::kRunning) {
      attempt.fail(kServiceDependencyFail);
    }
  }
}

void ServiceManager::wait_until_settled(const std::string& folded) {
  const std::int64_t deadline = state_.clock_ms + kDependencyTimeoutMs;
  for (;;) {
    const auto found = state_.services.find(folded);
    if (found == state_.services.end() || !is_pending(found->second.state)) return;
    const std::int64_t until = found->second.pending_until;
    if (until == 0 || until > deadline) {
      advance_to(deadline);
      return;
    }
    advance_to(until);
  }
}

disk::Place ServiceManager::image_of(const ServiceRecord& record, const Attempt& attempt) const {
  // The I/O manager opens a driver's ImagePath as the name of an object and knows no quotes:
  // STATUS_OBJECT_NAME_INVALID, which is error 123 (windows-service-rs, issue 57).
  if (is_driver(record) && record.config.image.starts_with('"')) attempt.fail(kInvalidName);
  disk::Place place =
      drive_.find(image_file(record.config.image, kSystemRoot, kProgramFiles), attempt);
  if (!place.exists()) attempt.fail(place.parent_exists ? kFileNotFound : kPathNotFound);
  if (!place.is_file()) attempt.fail(kAccessDenied);
  if (!disk::is_image(drive_.tree(), place.host)) attempt.fail(kBadExeFormat);
  return place;
}

void ServiceManager::load_image(ServiceRecord& record, const disk::Place& image) {
  Loaded loaded;
  loaded.service = fold_case(record.name);
  loaded.file_ids.push_back(drive_.file_id(image));
  if (!is_driver(record)) {
    const auto armed = state_.behaviour_of(record.name).process_id;
    loaded.process_id = armed.value_or(state_.next_process_id);
    if (!armed) state_.next_process_id += 4;
    record.process_id = loaded.process_id;
  }
  if (is_guest_proxy_agent(record.name)) {
    for (std::string& id : attach_guest_proxy_agent(state_, drive_)) {
      loaded.file_ids.push_back(std::move(id));
    }
  }
  state_.loaded.push_back(std::move(loaded));
}

void ServiceManager::stop(std::string_view name) {
  const Attempt attempt{ExitCode::kStopDriver, "stop service", "ControlService", name};
  ServiceRecord& record = existing(name, attempt);
  if (record.state == ServiceState::kStopped) attempt.fail(kServiceNotActive);
  if (is_pending(record.state)) attempt.fail(kServiceCannotAcceptControl);
  if (!active_dependents(name).empty()) attempt.fail(kDependentServicesRunning);
  const ServiceBehaviour armed = state_.behaviour_of(name);
  if (armed.ignores_stop) return;
  record.state = ServiceState::kStopPending;
  record.crash_at = 0;
  const std::int64_t takes = is_driver(record) ? kDriverStopMs : kProcessStopMs;
  record.pending_until = armed.stop_hangs ? 0 : state_.clock_ms + takes;
}

std::vector<std::string> ServiceManager::active_dependents(std::string_view name) {
  existing(name, Attempt{ExitCode::kGeneric, "list dependents of", "EnumDependentServices", name});
  const auto depends_on_any = [&](const ServiceRecord& record, const std::set<std::string>& names) {
    return std::any_of(record.config.depends_on.begin(), record.config.depends_on.end(),
                       [&](const std::string& on) { return names.contains(fold_case(on)); });
  };
  std::set<std::string> reached{fold_case(name)};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [folded, record] : state_.services) {
      if (!reached.contains(folded) && depends_on_any(record, reached)) {
        grown = reached.insert(folded).second;
      }
    }
  }
  reached.erase(fold_case(name));
  std::erase_if(reached, [&](const std::string& folded) {
    return state_.services.at(folded).state == ServiceState::kStopped;
  });
  // First those that no other one of them depends on.
  std::vector<std::string> order;
  while (!reached.empty()) {
    const auto leaf = std::find_if(reached.begin(), reached.end(), [&](const std::string& folded) {
      return std::none_of(reached.begin(), reached.end(), [&](const std::string& other) {
        return other != folded && depends_on_any(state_.services.at(other), {folded});
      });
    });
    const auto next = leaf == reached.end() ? reached.begin() : leaf;  // a circle
    order.push_back(state_.services.at(*next).name);
    reached.erase(next);
  }
  return order;
}

bool ServiceManager::process_alive(std::uint32_t process_id) const {
  return process_id != 0 &&
         std::any_of(state_.loaded.begin(), state_.loaded.end(),
                     [&](const Loaded& row) { return row.process_id == process_id; });
}

void ServiceManager::start_automatic_services() {
  std::vector<std::string> names;
  for (const bool drivers : {true, false}) {
    for (const auto& [folded, record] : state_.services) {
      if (is_driver(record) == drivers && starts_by_itself(record.config.start)) {
        names.push_back(folded);
      }
    }
  }
  for (const std::string& name : names) {
    if (state_.services.at(name).state != ServiceState::kStopped) continue;
    try {
      start(name);
    } catch (const errors::Failure& failure) {
      state_.services.at(name).exit_code = static_cast<std::uint32_t>(failure.system()->code);
      continue;
    }
    wait_until_settled(name);
  }
}

}  // namespace machine::simulated
