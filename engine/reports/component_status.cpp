#include "engine/reports/component_status.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "engine/product/components.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/inventory.h"
#include "engine/product/origin.h"
#include "engine/product/version_to_be.h"
#include "engine/reports/extra_rows.h"
#include "journal/records.h"
#include "text/sentence.h"

namespace engine::reports {
namespace {

using Json = nlohmann::json;
using machine::ServiceState;
using machine::ServiceStatus;

std::string with_cause(const std::string& text, const errors::Failure& cause) {
  return text + ". " + text::sentence(cause.message());
}

bool about(const std::optional<errors::Failure>& cause, std::string_view service) {
  return cause && machine::equal_names(cause->object(), service);
}

// Returns the system's code for a service that is not as it should be; the cause's own where the
// system has none: a proxy that runs and is not healthy.
std::int64_t code_of(const std::optional<errors::Failure>& cause,
                     const std::optional<ServiceStatus>& status) {
  constexpr std::int64_t kNotActive = 1062;     // ERROR_SERVICE_NOT_ACTIVE
  constexpr std::int64_t kDoesNotExist = 1060;  // ERROR_SERVICE_DOES_NOT_EXIST
  if (cause && cause->system()) return cause->system()->code;
  if (!status) return kDoesNotExist;
  if (status->exit_code != 0) return status->exit_code;
  if (status->state != ServiceState::kRunning) return kNotActive;
  return cause ? static_cast<int>(cause->code()) : 0;
}

// Returns the status of a component that no cause names. A component that the version does not have
// belongs to somebody else and is no reason for an error.
const char* verdict_on(const product::LastLook::Component& component, bool any_version) {
  const product::FoundComponent& found = component.found;
  const bool running = found.status && found.status->state == ServiceState::kRunning;
  if (component.sight && component.sight->finding == product::Finding::kNewer) return "warning";
  if (component.sight)
    return component.sight->finding == product::Finding::kAsItShouldBe ? "success" : "error";
  if (running) return "success";
  return any_version ? "warning" : "error";
}

Json component_row(const product::LastLook::Component& component, bool any_version,
                   const std::optional<errors::Failure>& cause) {
  const product::FoundComponent& found = component.found;
  const std::string name(found.component->service);
  std::string text = found.version ? package::to_text(*found.version) + " " : "";
  text +=
      found.status ? std::string(machine::to_text(found.status->state)) + ", " : "not registered, ";
  text += found.config ? std::string(machine::to_text(found.config->start)) : "file there";
  if (!component.sight && any_version) text += ", not part of the version that is to run";
  std::int64_t code = 0;
  if (component.sight && !component.sight->words.empty()) {
    text += ": " + component.sight->words;
    code = component.sight->code;
  }
  const bool named = about(cause, name);
  const char* verdict = named ? "error" : verdict_on(component, any_version);
  if (found.restarts_vm()) {
    text += ", ErrorControl " + std::to_string(found.config->error_control) +
            ": if it does not start at a boot, Windows restarts the VM; set it to 1 (normal)";
    if (std::string_view(verdict) == "success") verdict = "warning";
  }
  if (named) text = with_cause(text, *cause);
  const bool is_error = std::string_view(verdict) == "error";
  if (named || (is_error && code == 0)) code = code_of(named ? cause : std::nullopt, found.status);
  if (is_error && code == 0 && component.sight)
    code = static_cast<int>(
        product::last_look_row(product::Occasion::kEnable, component.sight->finding).code);
  return {{"name", name}, {"status", verdict}, {"code", code}, {"message", text}};
}

Json proxy_row(machine::Machine& machine, const product::InstallationState& installation,
               const std::optional<errors::Failure>& cause) {
  const auto config = machine.services().config(product::kGuestProxyAgent);
  const auto status = machine.services().status(product::kGuestProxyAgent);
  if (!config || !status) return nullptr;
  const bool running = status->state == ServiceState::kRunning;
  const bool named = about(cause, product::kGuestProxyAgent);
  std::string text = std::string(machine::to_text(status->state)) + ", " +
                     std::string(machine::to_text(config->start));
  bool well = false;
  const product::ProxyReading reading =
      product::read_proxy(machine, 0, installation.proxy_stopped_in);
  if (running) {
    well = reading.health == product::ProxyHealth::kHealthy;
    text += ", " + std::string(to_text(reading.health));
    if (!reading.words.empty()) text += " (" + reading.words + ")";
  }
  if (named) text = with_cause(text, *cause);
  const char* verdict = named ? "error" : well ? "success" : "warning";
  const bool down = reading.health == product::ProxyHealth::kDown;
  if (!running && !named)
    text +=
        down ? ": it does not run, and its owner did not stop it" : ": left as its owner had it";
  std::int64_t code = 0;
  if (named || down) code = code_of(named ? cause : std::nullopt, status);
  return {
      {"name", product::kGuestProxyAgent}, {"status", verdict}, {"code", code}, {"message", text}};
}

// Returns null for a neighbour that runs, or was removed by its owner.
Json neighbour_row(machine::Machine& machine, const std::string& name,
                   const std::vector<transaction::GivenUp>& given_up) {
  const auto status = machine.services().status(name);
  if (!status || status->state == ServiceState::kRunning) return nullptr;
  const auto step = std::find_if(
      given_up.begin(), given_up.end(),
      [&name](const transaction::GivenUp& row) { return machine::equal_names(row.target, name); });
  std::string text = std::string(machine::to_text(status->state)) +
                     ": it ran before it was stopped for eBPF, and does not run again yet; eBPF "
                     "does not wait for it";
  std::optional<errors::Failure> cause;
  if (step != given_up.end()) cause = step->failure;
  if (cause) text = with_cause(text, *cause);
  return {
      {"name", name}, {"status", "warning"}, {"code", code_of(cause, status)}, {"message", text}};
}

// Whose the installation is, where it is not ours: "" for ours.
std::string whose(const product::InstallationState& installation) {
  if (product::has_origin(installation, journal::kAdopted))
    return ", adopted: they were there before the extension, and stay when it goes";
  if (product::has_origin(installation, journal::kOfMsi))
    return ", of a product of Windows Installer: they stay when the extension goes";
  return "";
}

Json files_row(const product::LastLook& seen, const product::InstallationState& installation) {
  constexpr int kFileNotFound = 2;
  const std::size_t all = seen.to_be.files.size();
  const std::size_t missing = seen.missing.size();
  if (all == 0) return nullptr;
  std::string text = std::to_string(all - missing) + " files in " + seen.to_be.install_folder;
  const std::size_t queued = seen.queued.size();
  if (missing != 0) text += ", " + std::to_string(missing) + " missing";
  if (queued != 0) text += ", " + std::to_string(queued) + " of its paths go at the next boot";
  text += whose(installation);
  return {{"name", "Files"},
          {"status", missing == 0 && queued == 0 ? "success" : "error"},
          {"code", missing == 0 && queued == 0 ? 0 : kFileNotFound},
          {"message", text}};
}

}  // namespace

Json component_status(machine::Machine& machine, const product::InstallationState& installation,
                      const product::LastLook* seen, const std::optional<errors::Failure>& cause,
                      const std::vector<transaction::GivenUp>& given_up,
                      const std::vector<std::string>& neighbours) {
  std::optional<product::LastLook> now;
  if (seen == nullptr) seen = &now.emplace(look_at(machine, product::version_to_be(installation)));
  const bool any_version = !seen->to_be.version.empty();
  Json rows = Json::array();
  for (const product::LastLook::Component& component : seen->components) {
    if (component.found.config || component.found.file_there || component.sight)
      rows.push_back(component_row(component, any_version, cause));
  }
  for (Json row : {proxy_row(machine, installation, cause), files_row(*seen, installation)}) {
    if (!row.is_null()) rows.push_back(std::move(row));
  }
  for (Json& row : extra_rows(machine, installation, given_up))
    rows.push_back(std::move(row));
  for (const std::string& neighbour : neighbours) {
    Json row = neighbour_row(machine, neighbour, given_up);
    if (!row.is_null()) rows.push_back(std::move(row));
  }
  return rows;
}

Json newer_row(const std::string& words) {
  return {{"name", "NewerVersion"}, {"status", "warning"}, {"code", 0}, {"message", words}};
}

}  // namespace engine::reports
