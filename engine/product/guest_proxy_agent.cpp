#include "engine/product/guest_proxy_agent.h"

#include <algorithm>
#include <array>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/services/stop_service.h"
#include "engine/product/components.h"
#include "engine/product/meta.h"
#include "errors/failure.h"
#include "text/bounded.h"
#include "text/time.h"

namespace engine::product {
namespace {

using Json = nlohmann::json;
using errors::ExitCode;
using errors::Failure;
using machine::ServiceState;

constexpr const char* kStatusFile = R"(C:\WindowsAzure\ProxyAgent\Logs\status.json)";
constexpr std::uint64_t kMaxStatusFile = std::uint64_t{4} * 1024 * 1024;
constexpr std::int64_t kStaleMs = 150'000;  // two and a half of its periods
constexpr std::int64_t kStayMs = 5'000;
constexpr std::size_t kMaxWords = 300;
constexpr std::array kParts{"ebpfProgramStatus", "keyLatchStatus", "proxyListenerStatus"};

using B = ProxyHealth;
using A = ProxyAfter;
using V = ProxyVerdict;
constexpr std::nullopt_t kAnyAnswer = std::nullopt;

// clang-format off
constexpr auto kProxyTable = std::to_array<ProxyRow>({
  // before        after             verdict
  {B::kAbsent,     kAnyAnswer,       V::kFine},     // not judged
  {B::kStopped,    kAnyAnswer,       V::kFine},     // not judged, left so
  {B::kDisabled,   kAnyAnswer,       V::kFine},     // not judged, left so
  {B::kDown,       A::kHealthy,      V::kFine},
  {B::kDown,       kAnyAnswer,       V::kComplain},  // there is nothing better to go back to
  {B::kHealthy,    A::kHealthy,      V::kFine},
  {B::kHealthy,    kAnyAnswer,       V::kRegress},
  {B::kUnhealthy,  A::kHealthy,      V::kFine},
  {B::kUnhealthy,  A::kUnhealthy,    V::kComplain},
  {B::kUnhealthy,  A::kUnknown,      V::kWarn},
  {B::kUnhealthy,  kAnyAnswer,       V::kRegress},  // it ran, and does not now
  {B::kUnknown,    A::kHealthy,      V::kFine},
  {B::kUnknown,    A::kUnhealthy,    V::kComplain},
  {B::kUnknown,    A::kUnknown,      V::kWarn},
  {B::kUnknown,    kAnyAnswer,       V::kRegress},
});
// clang-format on

// "2026-11-22T10:18:00.123", UTC, with or without a fraction and a Z. Without a fraction the result
// is the second's last millisecond.
std::optional<std::int64_t> utc_ms_of(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  constexpr std::size_t kMillisecondDigits = 3;
  std::string fraction = "999";
  if (text.size() > kSecondsEnd && text[kSecondsEnd] == '.') {
    fraction = text.substr(kSecondsEnd + 1, kMillisecondDigits);
    fraction.resize(std::min(fraction.find_first_not_of("0123456789"), fraction.size()));
    fraction.resize(kMillisecondDigits, '0');
  }
  const std::int64_t ms =
      text::utc_ms(std::string(text.substr(0, kSecondsEnd)) + "." + fraction + "Z");
  return ms < 0 ? std::nullopt : std::optional(ms);
}

// Makes a text fit for one line of a report: no control characters, bounded.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return text::bounded(std::move(text), kMaxWords);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

struct Said {
  ProxyHealth health = ProxyHealth::kUnknown;
  std::string words;
};

Said said_by(const Json& part) {
  if (!part.is_object()) return {B::kUnknown, "its status file has no proxyAgentStatus"};
  const std::string overall = text_of(part, "status");
  if (overall.empty()) return {B::kUnknown, "its status file has no status"};
  std::string bad = overall == "SUCCESS" ? "" : "status " + overall;
  for (const char* name : kParts) {
    const auto found = part.find(name);
    const std::string status =
        found != part.end() && found->is_object() ? text_of(*found, "status") : "";
    if (status.empty()) return {B::kUnknown, "its status file has no " + std::string(name)};
    if (status == "RUNNING") continue;
    bad += (bad.empty() ? "" : ", ") + std::string(name) + " " + status;
    const std::string message = text_of(*found, "message");
    if (!message.empty()) bad += " (" + message + ")";
  }
  return bad.empty() ? Said{B::kHealthy, ""} : Said{B::kUnhealthy, bad};
}

// Reading a file that GuestProxyAgent is writing may fail in any way: that says nothing of health.
std::optional<std::string> content(machine::Machine& machine, std::string& why) {
  try {
    return machine.files().read(kStatusFile, kMaxStatusFile);
  } catch (const std::exception& exception) {
    why = errors::as_failure(exception).message();
    return std::nullopt;
  }
}

Said status_file(machine::Machine& machine, std::int64_t written_since_utc_ms) {
  std::string why;
  const auto text = content(machine, why);
  if (!text) return {B::kUnknown, why};
  const Json json = bounded::json(*text);
  if (!json.is_object()) return {B::kUnknown, "its status file is no JSON object"};
  const std::string timestamp = text_of(json, "timestamp");
  const auto written = utc_ms_of(timestamp);
  if (!written) return {B::kUnknown, "its status file does not say when it was written"};
  const std::int64_t age = machine.system().utc_ms() - *written;
  if (age > kStaleMs || age < -kStaleMs)
    return {B::kUnknown, "its status file is stale: it is of " + timestamp};
  if (*written < written_since_utc_ms)
    return {B::kUnknown, "it has not written its status file since it started"};
  const auto part = json.find("proxyAgentStatus");
  return said_by(part == json.end() ? Json() : *part);
}

bool runs(ProxyHealth health) {
  return health == B::kHealthy || health == B::kUnhealthy || health == B::kUnknown;
}

ProxyAfter after_of(ProxyHealth health) {
  switch (health) {
    case B::kHealthy:
      return A::kHealthy;
    case B::kUnhealthy:
      return A::kUnhealthy;
    case B::kUnknown:
      return A::kUnknown;
    case B::kAbsent:
    case B::kStopped:
    case B::kDown:
    case B::kDisabled:
      break;
  }
  return A::kNotRunning;
}

bool drivers_run(machine::Machine& machine) {
  return std::all_of(components().begin(), components().end(), [&](const Component& component) {
    if (component.type != machine::ServiceType::kKernelDriver) return true;
    const auto status = machine.services().status(component.service);
    return status && status->state == ServiceState::kRunning;
  });
}

bool starts_by_itself(machine::Machine& machine) {
  const auto config = machine.services().config(kGuestProxyAgent);
  return config && config->start == machine::StartType::kAutomatic;
}

// Returns which of kDisabled, kStopped and kDown a stopped GuestProxyAgent is.
ProxyHealth why_stopped(machine::Machine& machine, std::uint32_t exit_code,
                        std::string_view stopped_in_boot) {
  const auto config = machine.services().config(kGuestProxyAgent);
  if (!config) return B::kAbsent;
  if (config->start == machine::StartType::kDisabled) return B::kDisabled;
  if (config->start == machine::StartType::kDemand) return B::kStopped;
  const bool by_owner =
      exit_code == 0 && (stopped_in_boot == machine.system().boot_id() || drivers_run(machine));
  return by_owner ? B::kStopped : B::kDown;
}

}  // namespace

std::string_view to_text(ProxyHealth health) {
  switch (health) {
    case B::kAbsent:
      return "absent";
    case B::kStopped:
      return "stopped";
    case B::kDown:
      return "down";
    case B::kDisabled:
      return "disabled";
    case B::kHealthy:
      return "healthy";
    case B::kUnhealthy:
      return "unhealthy";
    case B::kUnknown:
      break;
  }
  return "unknown";
}

ProxyHealth proxy_health_from(std::string_view text) {
  for (const ProxyHealth health :
       {B::kAbsent, B::kStopped, B::kDown, B::kDisabled, B::kHealthy, B::kUnhealthy}) {
    if (text == to_text(health)) return health;
  }
  return B::kUnknown;
}

std::string_view to_text(ProxyAfter after) {
  switch (after) {
    case A::kHealthy:
      return "healthy";
    case A::kUnhealthy:
      return "unhealthy";
    case A::kUnknown:
      return "unknown";
    case A::kNotRunning:
      return "not running";
    case A::kEndedAgain:
      return "ended again";
    case A::kSameProcess:
      break;
  }
  return "the same process as before";
}

std::string_view to_text(ProxyVerdict verdict) {
  switch (verdict) {
    case V::kFine:
      return "fine";
    case V::kWarn:
      return "warn";
    case V::kComplain:
      return "complain";
    case V::kRegress:
      break;
  }
  return "regress";
}

ProxyReading read_proxy(machine::Machine& machine, std::int64_t written_since_utc_ms,
                        std::string_view stopped_in_boot) {
  ProxyReading reading;
  const auto status = machine.services().status(kGuestProxyAgent);
  if (!status) return reading;
  reading.process_id = status->process_id;
  if (status->state == ServiceState::kStopped) {
    reading.health = why_stopped(machine, status->exit_code, stopped_in_boot);
    return reading;
  }
  reading.health = B::kUnknown;
  if (status->state != ServiceState::kRunning) {
    reading.words = "it is " + std::string(machine::to_text(status->state));
  } else if (!machine.services().process_alive(status->process_id)) {
    reading.words = "its process has ended";
  } else {
    Said said = status_file(machine, written_since_utc_ms);
    reading.health = said.health;
    reading.words = one_line(std::move(said.words));
  }
  return reading;
}

std::span<const ProxyRow> proxy_table() { return kProxyTable; }

ProxyVerdict judge(ProxyHealth before, ProxyAfter after) {
  return std::find_if(kProxyTable.begin(), kProxyTable.end(),
                      [&](const ProxyRow& row) {
                        return row.before == before && (!row.after || *row.after == after);
                      })
      ->verdict;
}

ProxyBefore proxy_before(machine::Machine& machine, const InstallationState& installation) {
  ProxyBefore before;
  const auto record = std::find_if(
      installation.disabled.begin(), installation.disabled.end(),
      [](const Stopped& stopped) { return machine::equal_names(stopped.name, kGuestProxyAgent); });
  if (record == installation.disabled.end() || !record->before.is_object()) {
    const ProxyReading found = read_proxy(machine, 0, installation.proxy_stopped_in);
    before.health = found.health;
    // A journal that was lost cannot say that disable stopped it.
    const bool by_us = installation.could_not_start(kGuestProxyAgent) ||
                       (installation.take_over && starts_by_itself(machine));
    if (found.health == B::kStopped && by_us) before.health = B::kDown;
    if (found.process_id != 0) before.processes.push_back(found.process_id);
    return before;
  }
  const auto found = found_at_stop(*record);
  before.health = found ? proxy_health_from(found->health.value_or("")) : B::kUnknown;
  if (found && found->state && found->boot_id == machine.system().boot_id())
    before.processes.push_back(found->process_id);
  const auto status = machine.services().status(kGuestProxyAgent);
  if (status && status->process_id != 0) before.processes.push_back(status->process_id);
  return before;
}

bool proxy_is_down(machine::Machine& machine, const InstallationState& installation) {
  const auto status = machine.services().status(kGuestProxyAgent);
  const bool runs = !status || status->state == ServiceState::kRunning;
  if (runs && !installation.stopped_by_us(kGuestProxyAgent)) return false;
  return proxy_before(machine, installation).health == B::kDown;
}

ProxyOutcome await_proxy(machine::Machine& machine, const ProxyBefore& before,
                         machine::Deadline deadline, std::int64_t started_utc_ms) {
  machine::System& system = machine.system();
  const std::int64_t began = system.monotonic_ms();
  const std::int64_t end = std::min(deadline.at_ms, began + kProxyPatienceMs);
  std::uint32_t seen = 0;
  for (;;) {
    const ProxyReading reading = read_proxy(machine, started_utc_ms);
    const std::uint32_t process = reading.process_id;
    if (!runs(reading.health)) {
      return {seen == 0 ? A::kNotRunning : A::kEndedAgain,
              "it is " + std::string(to_text(reading.health))};
    }
    if (std::find(before.processes.begin(), before.processes.end(), process) !=
        before.processes.end())
      return {A::kSameProcess, "process " + std::to_string(process)};
    if (seen != 0 && process != seen)
      return {A::kEndedAgain,
              "process " + std::to_string(seen) + " has become process " + std::to_string(process)};
    seen = process;
    const std::int64_t now = system.monotonic_ms();
    const bool enough = reading.health == B::kHealthy ||
                        (reading.health == B::kUnknown && before.health == B::kUnknown);
    if (now >= end || (enough && now - began >= kStayMs))
      return {after_of(reading.health), reading.words};
    system.wait_ms(std::min(kStayMs, end - now));
  }
}

ProxyJudgement judge_proxy(machine::Machine& machine, const ProxyBefore& before,
                           machine::Deadline deadline, std::int64_t started_utc_ms) {
  const ProxyOutcome outcome = await_proxy(machine, before, deadline, started_utc_ms);
  const std::string found = std::string(to_text(outcome.after)) +
                            (outcome.words.empty() ? "" : " (" + outcome.words + ")");
  const std::string was(to_text(before.health));
  ProxyJudgement judgement;
  judgement.note = "GuestProxyAgent was " + was + " before; it is " + found;
  const Failure failure(
      ExitCode::kRestartService, std::string(kGuestProxyAgent),
      "see GuestProxyAgent healthy after its restart: before it was " + was + ", now " + found);
  switch (judge(before.health, outcome.after)) {
    case V::kFine:
      break;
    case V::kWarn:
      judgement.level = journal::Level::kWarning;
      break;
    case V::kComplain:
      judgement.level = journal::Level::kError;
      judgement.complaint = failure;
      judgement.complaint->advise(
          "Stop the roll-out. eBPF runs and nothing was undone: GuestProxyAgent was not healthy "
          R"(before either. Look at its log in C:\WindowsAzure\ProxyAgent\Logs.)");
      break;
    case V::kRegress:
      throw Failure(failure).advise(
          R"(Look at GuestProxyAgent's own log in C:\WindowsAzure\ProxyAgent\Logs, mend what it says,)");
  }
  return judgement;
}

}  // namespace engine::product
