#include "engine/accessories.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "actions/best_effort.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "actions/registry/add_to_path.h"
#include "actions/registry/netsh_helpers.h"
#include "actions/registry/register_netsh_helper.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/remove_store_entries.h"
#include "actions/registry/run_store_export.h"
#include "actions/registry/search_path.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/tasks/register_task.h"
#include "actions/tasks/unregister_task.h"
#include "engine/payload_plan.h"
#include "engine/tracing_tasks.h"
#include "json/json.h"

namespace engine {
namespace {

using actions::EbpfStore;
using actions::Json;
using actions::look_at;
using journal::Owned;

constexpr std::string_view kPath = "path";
constexpr std::string_view kHelper = "netsh-helper";
constexpr std::string_view kTaskRow = "task";
constexpr std::string_view kStore = "store";

// Store last: it is the only one that runs a program.
constexpr auto kAccessoryTable = std::to_array<Accessory>({
    {kPath, "Path", "bpftool.exe"},
    {kHelper, "NetshHelper", "ebpfnetsh.dll"},
    {kTaskRow, "TracingTasks", kTracingTasks[0].file},
    {kTaskRow, "TracingTasks", kTracingTasks[1].file},
    {kStore, "EbpfStore", "export_program_info.exe"},
});

constexpr std::uint64_t kMaxTaskBytes = 1024 * 1024;

std::string object_of(const Accessory& accessory, const std::string& folder,
                      const std::string& file) {
  if (accessory.owned_kind == kPath) return folder;
  for (const TracingTask& task : kTracingTasks) {
    if (accessory.file == task.file) return std::string(task.name);
  }
  return file;
}

bool is_of_kind(const AccessoryAt& at, std::string_view kind) {
  return at.accessory->owned_kind == kind;
}

// Unreadable counts as missing: the step that is planned then says why.
bool is_missing(machine::Machine& machine, const AccessoryAt& at) {
  return !look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(false);
}

void plan_one(Plan& plan, machine::Machine& machine, const AccessoryAt& at,
              const std::string& folder, const std::optional<std::string>& task_file) {
  if (is_of_kind(at, kPath)) {
    plan.add_best_effort(std::make_unique<actions::AddToPath>(at.object));
  } else if (is_of_kind(at, kHelper)) {
    plan.add_best_effort(std::make_unique<actions::RegisterNetshHelper>(at.object));
  } else if (is_of_kind(at, kStore)) {
    plan.add_best_effort(std::make_unique<actions::RunStoreExport>(at.object));
  } else {
    const auto xml = task_file ? task_xml(*task_file, folder, machine) : std::nullopt;
    if (!xml) {
      plan.notes.push_back("Task " + at.object + " is not registered: " + at.file +
                           " cannot be read.");
      return;
    }
    // One that its owner switched off stays off.
    const auto found = look_at(machine, [&](auto& door) { return door.tasks().get(at.object); });
    const bool enabled = !found || !*found || (*found)->enabled;
    plan.add_best_effort(std::make_unique<actions::RegisterTask>(at.object, *xml, enabled));
  }
}

bool differs_by_version(const AccessoryAt& at) {
  return is_of_kind(at, kTaskRow) || is_of_kind(at, kStore);
}

// Of another version, as far as the journal knows: this one's step failed, or never ran.
bool is_of_another(const Known& known, const AccessoryAt& at, const std::string& version) {
  if (!differs_by_version(at)) return false;
  const Owned* row = known.accessory(at.accessory->owned_kind, at.object);
  return row == nullptr || row->version != version;
}

// Not as the journal knows it.
bool is_changed(machine::Machine& machine, const Known& known, const AccessoryAt& at) {
  if (!is_of_kind(at, kTaskRow)) return false;
  const Owned* row = known.accessory(kTaskRow, at.object);
  const auto task = machine.tasks().get(at.object);
  return row == nullptr || !task || fingerprint(task->xml) != row->sha256;
}

const package::PayloadFile* placed_file(const Placed& placed, const AccessoryAt& at) {
  if (placed.checked == nullptr) return nullptr;
  const package::PayloadFile* file = placed.checked->find(at.accessory->file);
  const bool is_placed = file != nullptr && std::find(placed.files.begin(), placed.files.end(),
                                                      *file) != placed.files.end();
  return is_placed ? file : nullptr;
}

std::string read_from(machine::Machine& machine, const package::CheckedPackage& checked,
                      const package::PayloadFile& file) {
  return machine.host().read(checked.payload_folder + "/" + file.path, kMaxTaskBytes);
}

bool contains(const std::vector<AccessoryAt>& accessories, const Owned& row) {
  return std::any_of(accessories.begin(), accessories.end(), [&row](const AccessoryAt& at) {
    return at.accessory->owned_kind == row.kind && machine::equal_paths(at.object, row.name);
  });
}

EbpfStore store_of(const Json& image) {
  if (!image.is_object()) return {};
  return EbpfStore(actions::Fields("what is ours of the eBPF store", image));
}

Json parsed_row(const std::string& text) { return Json::parse(text, nullptr, false); }

bool has_keys(const Json& store) {
  return store.is_object() && !store.value("keys", Json()).empty();
}

// What the closures of a settlement must remember of the time of planning.
struct Findings {
  std::vector<AccessoryAt> accessories;
  std::string version;
  std::vector<std::string> made;  // objects that the plan puts in place
  Known known;                    // its rows
  Json store_before;              // null: the plan does not write to it

  bool makes(const AccessoryAt& at) const {
    return std::find(made.begin(), made.end(), at.object) != made.end();
  }
};

// What cannot be read now counts as there: a row too many only makes uninstall look again.
std::optional<Owned> row_of(machine::Machine& machine, const Findings& found,
                            const AccessoryAt& at) {
  if (!look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(true))
    return std::nullopt;
  const Owned* known = found.known.accessory(at.accessory->owned_kind, at.object);
  const bool may_be_ours = found.makes(at) || known != nullptr || found.known.take_over;
  if ((is_of_kind(at, kPath) || is_of_kind(at, kStore)) && !may_be_ours) return std::nullopt;
  Owned row{std::string(at.accessory->owned_kind), at.object, "", "", 0, found.version};
  if (differs_by_version(at) && !found.makes(at))
    row.version = known == nullptr ? "" : known->version;
  if (is_of_kind(at, kTaskRow)) {
    const auto task = look_at(machine, [&](auto& door) { return door.tasks().get(at.object); });
    if (task && *task) row.sha256 = fingerprint((*task)->xml);
  }
  return row;
}

// What of the store is ours: what was, and what our exports added to it; not what others wrote
// between them.
EbpfStore our_entries(machine::Machine& machine, const Findings& found) {
  EbpfStore ours = store_of(parsed_row(found.known.store_entries));
  if (!found.known.store_found.is_null())
    ours = store_of(found.known.store_left).added_to(store_of(found.known.store_found), ours);
  if (!found.store_before.is_null())
    ours = EbpfStore::on(machine).added_to(store_of(found.store_before), ours);
  return ours;
}

void add_rows(Settlement& settlement, machine::Machine& machine, const Findings& found) {
  bool has_store = false;
  for (const AccessoryAt& at : found.accessories) {
    has_store = has_store || is_of_kind(at, kStore);
    if (const auto row = row_of(machine, found, at)) settlement.put_owned.push_back(*row);
  }
  if (!has_store) settlement.forget_meta.emplace_back(meta::kStoreEntries);
  if (!has_store || (found.store_before.is_null() && found.known.store_found.is_null())) return;
  const auto entries =
      look_at(machine, [&](auto& door) { return our_entries(door, found).image(); });
  if (entries) settlement.put_meta.emplace_back(meta::kStoreEntries, entries->dump());
}

}  // namespace

std::vector<AccessoryAt> accessories_of(const std::vector<std::string>& files,
                                        const std::string& install_folder) {
  std::vector<AccessoryAt> all;
  for (const Accessory& accessory : kAccessoryTable) {
    const std::string wanted = machine::join(install_folder, accessory.file);
    const auto file = std::find_if(files.begin(), files.end(), [&](const std::string& path) {
      return machine::equal_paths(path, wanted);
    });
    if (file != files.end())
      all.push_back({&accessory, object_of(accessory, install_folder, *file), *file});
  }
  return all;
}

std::vector<AccessoryAt> accessories_of(const package::PayloadManifest& manifest,
                                        const std::string& install_folder) {
  std::vector<std::string> files;
  for (const package::PayloadFile& file : manifest.files)
    files.push_back(target_of(file, install_folder));
  return accessories_of(files, install_folder);
}

std::vector<AccessoryAt> accessories_of(const Known& known) {
  std::vector<std::string> files;
  for (const Owned& owned : known.owned) {
    if (owned.kind == "file") files.push_back(owned.name);
  }
  return accessories_of(files, known.install_folder);
}

bool is_there(machine::Machine& machine, const AccessoryAt& at) {
  if (is_of_kind(at, kPath))
    return actions::PathFolder(at.object, machine).is_in(actions::MachinePath(machine).get());
  if (is_of_kind(at, kTaskRow)) return machine.tasks().get(at.object).has_value();
  if (is_of_kind(at, kStore)) return EbpfStore::is_written(machine);
  const auto helpers = actions::netsh_helpers_like(machine, at.object);
  return std::any_of(helpers.begin(), helpers.end(), [&at](const actions::NetshHelper& helper) {
    return actions::is_helper(helper, at.object);
  });
}

void plan_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                      const Placed& placed, const std::string& install_folder) {
  const package::CheckedPackage& checked = *placed.checked;
  const std::string version = package::to_text(checked.manifest.version);
  const std::vector<AccessoryAt> accessories = accessories_of(checked.manifest, install_folder);
  for (const AccessoryAt& at : accessories) {
    const bool outdated =
        is_of_another(known, at, version) ||
        (differs_by_version(at) && placed_file(placed, at) != nullptr) ||
        look_at(machine, [&](auto& door) { return is_changed(door, known, at); }).value_or(true);
    if (!outdated && !is_missing(machine, at)) continue;
    std::optional<std::string> content;
    if (is_of_kind(at, kTaskRow))
      content = read_from(machine, checked, *checked.find(at.accessory->file));
    plan_one(plan, machine, at, install_folder, content);
  }
  std::vector<Owned> obsolete = known.owned;
  std::erase_if(obsolete,
                [&](const Owned& row) { return !is_accessory(row) || contains(accessories, row); });
  plan_accessory_removal(plan, machine, known, obsolete);
}

void plan_missing_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                              const Placed& placed) {
  for (const AccessoryAt& at : accessories_of(known)) {
    if (!is_of_another(known, at, known.settled_version) && !is_missing(machine, at)) continue;
    std::optional<std::string> content;
    if (is_of_kind(at, kTaskRow)) {
      const package::PayloadFile* file = placed_file(placed, at);
      content = look_at(machine, [&](auto& door) {
        return file != nullptr ? read_from(door, *placed.checked, *file)
                               : door.files().read(at.file, kMaxTaskBytes);
      });
    }
    plan_one(plan, machine, at, known.install_folder, content);
  }
}

void plan_accessory_removal(Plan& plan, machine::Machine& machine, const Known& known,
                            const std::vector<Owned>& ours) {
  for (const Owned& row : ours) {
    const auto kind = std::find_if(kAccessoryTable.begin(), kAccessoryTable.end(),
                                   [&row](const Accessory& a) { return a.owned_kind == row.kind; });
    if (kind == kAccessoryTable.end()) continue;
    const AccessoryAt at{&*kind, row.name, ""};
    if (!look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(true)) continue;
    if (row.kind == kPath) {
      plan.add_best_effort(std::make_unique<actions::RemoveFromPath>(row.name));
    } else if (row.kind == kHelper) {
      plan.add_best_effort(std::make_unique<actions::UnregisterNetshHelper>(row.name));
    } else if (row.kind == kTaskRow) {
      plan.add_best_effort(std::make_unique<actions::UnregisterTask>(row.name));
    } else if (const Json entries = parsed_row(known.store_entries); has_keys(entries)) {
      plan.add_best_effort(std::make_unique<actions::RemoveStoreEntries>(entries));
    } else if (known.take_over || !row.version.empty()) {
      plan.notes.emplace_back(
          "The eBPF store is left: the journal does not tell which of its entries are ours.");
    }
  }
}

bool is_accessory(const Owned& owned) {
  return std::any_of(
      kAccessoryTable.begin(), kAccessoryTable.end(),
      [&owned](const Accessory& accessory) { return accessory.owned_kind == owned.kind; });
}

std::vector<Owned> rows_of(const std::vector<AccessoryAt>& accessories) {
  std::vector<Owned> rows;
  rows.reserve(accessories.size());
  for (const AccessoryAt& at : accessories)
    rows.push_back({std::string(at.accessory->owned_kind), at.object, "", "", 0, ""});
  return rows;
}

void settle_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                        const std::vector<AccessoryAt>& accessories, const std::string& version) {
  Findings found;
  found.accessories = accessories;
  found.version = version;
  found.known = known;
  for (PlannedStep& step : plan.steps) {
    const std::string_view kind = step.action->kind();
    if (kind == "register-task") step.makes = std::string(kTaskRow);
    if (kind == "run-store-export") {
      step.makes = std::string(kStore);
      const auto image = look_at(machine, [](auto& door) { return EbpfStore::on(door).image(); });
      if (image) found.store_before = *image;
    }
    if (!step.makes.empty() || kind == "add-to-path") found.made.push_back(step.action->target());
  }
  plan.settle_also([found = std::move(found)](machine::Machine& at, Settlement& settlement) {
    add_rows(settlement, at, found);
  });
}

}  // namespace engine
