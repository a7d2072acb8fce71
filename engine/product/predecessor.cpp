#include "engine/product/predecessor.h"

#include "actions/best_effort.h"
#include "actions/files/file_tree.h"
#include "actions/machine/paths.h"
#include "actions/machine/registry.h"
#include "actions/registry/search_path.h"
#include "engine/product/components.h"
#include "engine/product/places.h"
#include "engine/product/tracing_tasks.h"
#include "json/json.h"

namespace engine::product {
namespace {

using Json = nlohmann::json;

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

Json parsed_mark(const std::string& text) { return bounded::json(text); }

}  // namespace

bool has_upgrading_key(machine::Machine& machine) {
  const auto keys = actions::if_readable([&] { return machine.registry().subtree(kUpgradingKey); });
  return keys && !keys->empty();
}

bool is_taken_over(machine::Machine& machine, const InstallationState& installation) {
  return !installation.upgrading_seen && has_upgrading_key(machine);
}

bool is_predecessor(const InstallationState& installation, const Inventory& inventory) {
  return installation.settled_version.empty() && inventory.anything_registered();
}

// The stops that the update inherited are in `disabled` until it is undone or settled.
bool replaces_preserved(const InstallationState& installation) {
  return !installation.preserved.empty() && !installation.disabled.empty();
}

actions::files::Installation predecessor_installation(machine::Machine& machine,
                                                      const Inventory& inventory) {
  actions::files::Installation installation;
  installation.folder = default_install_folder(machine);
  for (const FoundComponent& found : inventory.components) {
    if (found.config) installation.services.emplace_back(found.component->service);
  }
  for (const TracingTask& task : kTracingTasks)
    installation.tasks.emplace_back(task.name);
  installation.netsh_helper = machine::join(installation.folder, kNetshHelperFile);
  return installation;
}

std::string preserved_mark(machine::Machine& machine, const Inventory& inventory) {
  const actions::files::Installation installation = predecessor_installation(machine, inventory);
  const actions::files::FileTree tree =
      actions::files::FileTree::below(machine.files(), installation.folder);
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
  if (actions::registry::PathFolder(installation.folder, machine)
          .is_in(actions::registry::MachinePath(machine).get()))
    add("path", installation.folder);
  add("netsh-helper", installation.netsh_helper);
  return Json{{"found", describe(inventory)}, {"rows", rows}}.dump();
}

std::vector<journal::Owned> rows_of_ours(const InstallationState& installation,
                                         const Inventory& inventory) {
  if (!installation.owned.empty()) return installation.owned;
  if (installation.preserved.empty() || !is_predecessor(installation, inventory)) return {};
  const Json mark = parsed_mark(installation.preserved);
  if (!is_text(mark, "found") || mark.at("found") != describe(inventory)) return {};
  return rows_in(mark);
}

std::string preserved_path(const std::string& preserved) {
  for (const journal::Owned& row : rows_in(parsed_mark(preserved))) {
    if (row.kind == "path") return row.name;
  }
  return "";
}

}  // namespace engine::product
