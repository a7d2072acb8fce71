#include "engine/survey.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/accessory_rows.h"
#include "engine/guest_proxy_agent.h"
#include "engine/inventory.h"

namespace engine {
namespace {

using Json = nlohmann::json;
using machine::ServiceState;

std::string with_cause(const std::string& text, const errors::Failure& cause) {
  return text + ". " + cause.message() + ".";
}

bool about(const std::optional<errors::Failure>& cause, std::string_view service) {
  return cause && machine::equal_names(cause->object(), service);
}

std::int64_t os_code_of(const std::optional<errors::Failure>& cause,
                        const machine::ServiceStatus& status) {
  if (cause && cause->system()) return cause->system()->code;
  return status.exit_code;
}

Json component_row(const FoundComponent& found, const std::optional<errors::Failure>& cause) {
  const std::string name(found.component->service);
  const bool running = found.status && found.status->state == ServiceState::kRunning;
  std::string text = found.version ? package::to_text(*found.version) + " " : "";
  text +=
      found.status ? std::string(machine::to_text(found.status->state)) + ", " : "not registered, ";
  text += found.config ? std::string(machine::to_text(found.config->start)) : "file there";
  const bool named = about(cause, name);
  if (named) text = with_cause(text, *cause);
  const std::int64_t code = named && found.status ? os_code_of(cause, *found.status) : 0;
  return {{"name", name},
          {"status", running && !named ? "success" : "error"},
          {"code", code},
          {"message", text}};
}

Json agent_row(machine::Machine& machine, const std::optional<errors::Failure>& cause) {
  const auto config = machine.services().config(kGuestProxyAgent);
  const auto status = machine.services().status(kGuestProxyAgent);
  if (!config || !status) return nullptr;
  const bool running = status->state == ServiceState::kRunning;
  const bool named = about(cause, kGuestProxyAgent);
  std::string text = std::string(machine::to_text(status->state)) + ", " +
                     std::string(machine::to_text(config->start));
  bool well = false;
  if (running) {
    const AgentReading reading = read_agent(machine);
    well = reading.health == AgentHealth::kHealthy;
    text += ", " + std::string(to_text(reading.health));
    if (!reading.words.empty()) text += " (" + reading.words + ")";
  }
  if (named) text = with_cause(text, *cause);
  const char* verdict = named ? "error" : well ? "success" : "warning";
  if (!running && !named) text += ": left as its owner had it";
  return {{"name", kGuestProxyAgent},
          {"status", verdict},
          {"code", named ? os_code_of(cause, *status) : 0},
          {"message", text}};
}

Json files_row(machine::Machine& machine, const Known& known, const Inventory& inventory) {
  int there = 0;
  int missing = 0;
  for (const journal::Owned& owned : known.owned) {
    if (owned.kind != "file") continue;
    ++(machine.files().stat(owned.name) ? there : missing);
  }
  if (there + missing == 0) return nullptr;
  std::string text = std::to_string(there) + " files in " + inventory.install_folder;
  if (missing != 0) text += ", " + std::to_string(missing) + " missing";
  return {{"name", "Files"},
          {"status", missing == 0 ? "success" : "error"},
          {"code", 0},
          {"message", text}};
}

}  // namespace

Json survey(machine::Machine& machine, const Known& known,
            const std::optional<errors::Failure>& cause, const std::vector<GivenUp>& given_up) {
  const Inventory inventory = look(machine, known.install_folder);
  Json rows = Json::array();
  for (const FoundComponent& found : inventory.components) {
    if (found.config || found.file_there || known.owns_service(found.component->service)) {
      rows.push_back(component_row(found, cause));
    }
  }
  for (Json row : {agent_row(machine, cause), files_row(machine, known, inventory)}) {
    if (!row.is_null()) rows.push_back(std::move(row));
  }
  for (Json& row : accessory_rows(machine, known, given_up))
    rows.push_back(std::move(row));
  return rows;
}

}  // namespace engine
