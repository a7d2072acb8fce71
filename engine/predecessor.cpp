#include "engine/predecessor.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "actions/best_effort.h"
#include "actions/files/file_tree.h"
#include "actions/files/preserve_installation.h"
#include "actions/machine/paths.h"
#include "actions/registry/search_path.h"
#include "actions/registry/write_registry.h"
#include "engine/tracing_tasks.h"
#include "json/json.h"

namespace engine {
namespace {

using actions::look_at;
using machine::RegistryType;
using machine::RegistryValue;
using Json = nlohmann::json;

constexpr std::string_view kNetshHelper = "ebpfnetsh.dll";

actions::Installation installation_of(machine::Machine& machine, const Inventory& inventory) {
  actions::Installation installation;
  installation.folder = default_install_folder(machine);
  for (const FoundComponent& found : inventory.components) {
    if (found.config) installation.services.emplace_back(found.component->service);
  }
  for (const TracingTask& task : kTracingTasks)
    installation.tasks.emplace_back(task.name);
  installation.netsh_helper = machine::join(installation.folder, kNetshHelper);
  return installation;
}

// As the journal remembers it; its kinds are those of the table `owned`.
Json mark_of(machine::Machine& machine, const Inventory& inventory,
             const actions::Installation& installation) {
  const actions::FileTree tree = actions::FileTree::below(machine.files(), installation.folder);
  Json rows = Json::array();
  const auto add = [&rows](const char* kind, const std::string& name) {
    rows.push_back({{"kind", kind}, {"name", name}});
  };
  for (const std::string& service : installation.services)
    add("service", service);
  for (const auto& file : tree.files)
    add("file", file.path);
  for (const std::string& folder : tree.folders)
    add("folder", folder);
  for (const std::string& task : installation.tasks)
    add("task", task);
  if (actions::PathFolder(installation.folder, machine).is_in(actions::MachinePath(machine).get()))
    add("path", installation.folder);
  add("netsh-helper", installation.netsh_helper);
  return {{"found", describe(inventory)}, {"rows", rows}};
}

bool is_text(const Json& object, const char* key) {
  return object.is_object() && object.contains(key) && object.at(key).is_string();
}

std::vector<journal::Owned> rows_in(const Json& mark) {
  std::vector<journal::Owned> rows;
  if (!mark.is_object() || !mark.contains("rows")) return rows;
  for (const Json& row : mark.at("rows")) {
    if (!is_text(row, "kind") || !is_text(row, "name")) continue;
    rows.push_back({row.at("kind"), row.at("name"), "", "", 0, ""});
  }
  return rows;
}

Json parsed_mark(const std::string& text) { return Json::parse(text, nullptr, false); }

}  // namespace

bool is_predecessor(const Known& known, const Inventory& inventory) {
  return known.settled_version.empty() && inventory.anything_registered();
}

// What it adopted counts as stopped; nothing does once it is undone or settled.
bool replaces_preserved(const Known& known) {
  return !known.preserved.empty() && !known.disabled.empty();
}

void plan_preservation(Plan& plan, machine::Machine& machine, const Inventory& inventory,
                       const std::string& handler_version) {
  const actions::Installation installation = installation_of(machine, inventory);
  plan.notes.push_back("What is there is not ours (" + describe(inventory) +
                       "): it is preserved, and undoing the update gives it back, running.");
  plan.step<actions::PreserveInstallation>(plan.work_folder, installation);
  plan.step<actions::WriteRegistry>(kUpgradingKey, kUpgradingValue,
                                    RegistryValue{RegistryType::kString, handler_version});
  plan.settle_also([mark = mark_of(machine, inventory, installation).dump()](
                       machine::Machine&, Settlement& settlement) {
    settlement.put_meta.emplace_back(meta::kPreserved, mark);
  });
}

std::uint64_t preserved_bytes(machine::Machine& machine) {
  return actions::FileTree::below(machine.files(), default_install_folder(machine)).bytes;
}

void plan_upgrading_end(Plan& plan, machine::Machine& machine) {
  const auto value = look_at(machine.registry(), [](machine::Registry& registry) {
    return registry.get(kUpgradingKey, kUpgradingValue);
  });
  if (value && !*value) return;
  plan.add_best_effort(
      std::make_unique<actions::WriteRegistry>(kUpgradingKey, kUpgradingValue, std::nullopt));
}

std::vector<journal::Owned> preserved_rows(const Known& known, const Inventory& inventory) {
  if (known.preserved.empty() || !is_predecessor(known, inventory)) return {};
  const Json mark = parsed_mark(known.preserved);
  if (!is_text(mark, "found") || mark.at("found") != describe(inventory)) return {};
  return rows_in(mark);
}

std::string preserved_path(const std::string& preserved) {
  for (const journal::Owned& row : rows_in(parsed_mark(preserved))) {
    if (row.kind == "path") return row.name;
  }
  return "";
}

}  // namespace engine
