#include "engine/planning/extras.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "actions/best_effort.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "actions/registry/add_to_path.h"
#include "actions/registry/ebpf_store.h"
#include "actions/registry/register_netsh_helper.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/remove_store_entries.h"
#include "actions/registry/run_store_export.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/tasks/register_task.h"
#include "actions/tasks/unregister_task.h"
#include "engine/planning/files.h"
#include "engine/planning/tracing_tasks.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta_keys.h"
#include "json/json.h"

namespace engine::planning {
namespace {

using actions::EbpfStore;
using actions::Json;
using actions::look_at;
using journal::Owned;
using product::ExtraAt;
using product::ExtraKind;
using product::extras_of;

constexpr std::uint64_t kMaxTaskBytes = 1024 * 1024;

// Unreadable counts as missing: the step that is planned then says why.
bool is_missing(machine::Machine& machine, const ExtraAt& at) {
  return !look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(false);
}

void plan_one(transaction::Plan& plan, machine::Machine& machine, const ExtraAt& at,
              const std::string& folder, const std::optional<std::string>& task_file) {
  if (at.is(ExtraKind::kPath)) {
    plan.add<actions::AddToPath>(transaction::Phase::kExtras, at.object);
  } else if (at.is(ExtraKind::kNetshHelper)) {
    plan.add<actions::RegisterNetshHelper>(transaction::Phase::kExtras, at.object);
  } else if (at.is(ExtraKind::kStore)) {
    plan.add<actions::RunStoreExport>(transaction::Phase::kExtras, at.object);
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
    plan.add<actions::RegisterTask>(transaction::Phase::kExtras, at.object, *xml, enabled);
  }
}

bool differs_by_version(const ExtraAt& at) {
  return at.is(ExtraKind::kTask) || at.is(ExtraKind::kStore);
}

// Of another version, as far as the journal knows: this one's step failed, or never ran.
bool is_of_another(const product::InstallationState& installation, const ExtraAt& at,
                   const std::string& version) {
  if (!differs_by_version(at)) return false;
  const Owned* row = installation.extra(at.extra->owned_kind, at.object);
  return row == nullptr || row->version != version;
}

// Not as the journal knows it.
bool is_changed(machine::Machine& machine, const product::InstallationState& installation,
                const ExtraAt& at) {
  if (!at.is(ExtraKind::kTask)) return false;
  const Owned* row = installation.extra(at.extra->owned_kind, at.object);
  const auto task = machine.tasks().get(at.object);
  return row == nullptr || !task || actions::fingerprint(task->xml) != row->sha256;
}

const package::PayloadFile* placed_file(const Placed& placed, const ExtraAt& at) {
  if (placed.checked == nullptr) return nullptr;
  const package::PayloadFile* file = placed.checked->find(at.extra->file);
  const bool is_placed = file != nullptr && std::find(placed.files.begin(), placed.files.end(),
                                                      *file) != placed.files.end();
  return is_placed ? file : nullptr;
}

std::string read_from(machine::Machine& machine, const package::CheckedPackage& checked,
                      const package::PayloadFile& file) {
  return machine.host().read(checked.payload_folder + "/" + file.path, kMaxTaskBytes);
}

bool contains(const std::vector<ExtraAt>& extras, const Owned& row) {
  return std::any_of(extras.begin(), extras.end(), [&row](const ExtraAt& at) {
    return at.extra->owned_kind == row.kind && machine::equal_paths(at.object, row.name);
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
  std::vector<ExtraAt> extras;
  std::string version;
  std::vector<std::string> made;            // objects that the plan puts in place
  product::InstallationState installation;  // its rows
  Json store_before;                        // null: the plan does not write to it

  bool makes(const ExtraAt& at) const {
    return std::find(made.begin(), made.end(), at.object) != made.end();
  }
};

// What cannot be read now counts as there: a row too many only makes uninstall look again.
std::optional<Owned> row_of(machine::Machine& machine, const Findings& found, const ExtraAt& at) {
  if (!look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(true))
    return std::nullopt;
  const Owned* known = found.installation.extra(at.extra->owned_kind, at.object);
  const bool may_be_ours = found.makes(at) || known != nullptr || found.installation.take_over;
  if ((at.is(ExtraKind::kPath) || at.is(ExtraKind::kStore)) && !may_be_ours) return std::nullopt;
  Owned row{std::string(at.extra->owned_kind), at.object, "", "", 0, found.version};
  if (differs_by_version(at) && !found.makes(at))
    row.version = known == nullptr ? "" : known->version;
  if (at.is(ExtraKind::kTask)) {
    const auto task = look_at(machine, [&](auto& door) { return door.tasks().get(at.object); });
    if (task && *task) row.sha256 = actions::fingerprint((*task)->xml);
  }
  return row;
}

// What of the store is ours: what was, and what our exports added to it; not what others wrote
// between them.
EbpfStore our_entries(machine::Machine& machine, const Findings& found) {
  EbpfStore ours = store_of(parsed_row(found.installation.store_entries));
  if (!found.installation.store_found.is_null())
    ours = store_of(found.installation.store_left)
               .added_to(store_of(found.installation.store_found), ours);
  if (!found.store_before.is_null())
    ours = EbpfStore::on(machine).added_to(store_of(found.store_before), ours);
  return ours;
}

void add_rows(product::InstallationChange& change, machine::Machine& machine,
              const Findings& found) {
  bool has_store = false;
  for (const ExtraAt& at : found.extras) {
    has_store = has_store || at.is(ExtraKind::kStore);
    if (const auto row = row_of(machine, found, at)) change.put_owned.push_back(*row);
  }
  if (!has_store) change.forget_meta.emplace_back(product::meta::kStoreEntries);
  if (!has_store || (found.store_before.is_null() && found.installation.store_found.is_null()))
    return;
  const auto entries =
      look_at(machine, [&](auto& door) { return our_entries(door, found).image(); });
  if (entries) change.put_meta.emplace_back(product::meta::kStoreEntries, entries->dump());
}

}  // namespace

void plan_extras(transaction::Plan& plan, machine::Machine& machine,
                 const product::InstallationState& installation, const Placed& placed,
                 const std::string& install_folder) {
  const package::CheckedPackage& checked = *placed.checked;
  const std::string version = package::to_text(checked.manifest.version);
  const std::vector<ExtraAt> extras = extras_of(checked.manifest, install_folder);
  for (const ExtraAt& at : extras) {
    const bool outdated = is_of_another(installation, at, version) ||
                          (differs_by_version(at) && placed_file(placed, at) != nullptr) ||
                          look_at(machine, [&](auto& door) {
                            return is_changed(door, installation, at);
                          }).value_or(true);
    if (!outdated && !is_missing(machine, at)) continue;
    std::optional<std::string> content;
    if (at.is(ExtraKind::kTask))
      content = read_from(machine, checked, *checked.find(at.extra->file));
    plan_one(plan, machine, at, install_folder, content);
  }
  std::vector<Owned> obsolete = installation.owned;
  std::erase_if(obsolete, [&](const Owned& row) {
    return product::extra_of(row) == nullptr || contains(extras, row);
  });
  plan_extra_removal(plan, machine, installation, obsolete, transaction::Phase::kExtras);
}

void plan_missing_extras(transaction::Plan& plan, machine::Machine& machine,
                         const product::InstallationState& installation, const Placed& placed) {
  for (const ExtraAt& at : extras_of(installation)) {
    if (!is_of_another(installation, at, installation.settled_version) && !is_missing(machine, at))
      continue;
    std::optional<std::string> content;
    if (at.is(ExtraKind::kTask)) {
      const package::PayloadFile* file = placed_file(placed, at);
      content = look_at(machine, [&](auto& door) {
        return file != nullptr ? read_from(door, *placed.checked, *file)
                               : door.files().read(at.file, kMaxTaskBytes);
      });
    }
    plan_one(plan, machine, at, installation.install_folder, content);
  }
}

void plan_extra_removal(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation,
                        const std::vector<Owned>& ours, transaction::Phase phase) {
  for (const Owned& row : ours) {
    const product::Extra* extra = product::extra_of(row);
    if (extra == nullptr) continue;
    const ExtraAt at{extra, row.name, ""};
    if (!look_at(machine, [&](auto& door) { return is_there(door, at); }).value_or(true)) continue;
    if (at.is(ExtraKind::kPath)) {
      plan.add<actions::RemoveFromPath>(phase, row.name);
    } else if (at.is(ExtraKind::kNetshHelper)) {
      plan.add<actions::UnregisterNetshHelper>(phase, row.name);
    } else if (at.is(ExtraKind::kTask)) {
      plan.add<actions::UnregisterTask>(phase, row.name);
    } else if (const Json entries = parsed_row(installation.store_entries); has_keys(entries)) {
      plan.add<actions::RemoveStoreEntries>(phase, entries);
    } else if (installation.take_over || !row.version.empty()) {
      plan.notes.emplace_back(
          "The eBPF store is left: the journal does not tell which of its entries are ours.");
    }
  }
}

void change_extras(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation,
                   const std::vector<ExtraAt>& extras, const std::string& version) {
  Findings found;
  found.extras = extras;
  found.version = version;
  found.installation = installation;
  for (transaction::PlannedStep& step : plan.steps) {
    const std::string_view kind = step.action->kind();
    if (kind == "register-task") step.makes = "task";
    if (kind == "run-store-export") {
      step.makes = "store";
      const auto image = look_at(machine, [](auto& door) { return EbpfStore::on(door).image(); });
      if (image) found.store_before = *image;
    }
    if (!step.makes.empty() || kind == "add-to-path") found.made.push_back(step.action->target());
  }
  plan.change_also(
      [found = std::move(found)](machine::Machine& at, product::InstallationChange& change) {
        add_rows(change, at, found);
      });
}

}  // namespace engine::planning
