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
#include "engine/planning/tracing_tasks.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta.h"
#include "engine/product/policy.h"
#include "engine/product/tracing_tasks.h"
#include "json/json.h"

namespace engine::planning {
namespace {

using actions::if_readable;
using actions::Json;
using actions::registry::EbpfStore;
using journal::Owned;
using product::ExtraAt;
using product::ExtraKind;
using product::extras_of;

constexpr std::uint64_t kMaxTaskBytes = 1024 * 1024;
constexpr const char* kSomeLost = "some_lost";  // of product::StoreEntries

// An unreadable extra counts as missing: the planned step then reports why.
bool is_missing(machine::Machine& machine, const ExtraAt& at) {
  return !if_readable([&] { return is_there(machine, at); }).value_or(false);
}

void plan_one(transaction::Plan& plan, machine::Machine& machine, const ExtraAt& at,
              const std::string& folder, const std::optional<std::string>& task_file) {
  if (at.is(ExtraKind::kPath)) {
    plan.add<actions::registry::AddToPath>(transaction::Phase::kExtras, at.object);
  } else if (at.is(ExtraKind::kNetshHelper)) {
    plan.add<actions::registry::RegisterNetshHelper>(transaction::Phase::kExtras, at.object);
  } else if (at.is(ExtraKind::kStore)) {
    plan.add<actions::registry::RunStoreExport>(transaction::Phase::kExtras, at.object);
  } else {
    const auto xml = task_file ? task_xml(*task_file, folder, machine) : std::nullopt;
    if (!xml) {
      plan.notes.push_back("Task " + at.object + " is not registered: " + at.file +
                           " cannot be read.");
      return;
    }
    // A task that its owner disabled stays disabled.
    const auto found = if_readable([&] { return machine.tasks().get(at.object); });
    const bool enabled = !found || !*found || (*found)->enabled;
    plan.add<actions::tasks::RegisterTask>(transaction::Phase::kExtras, at.object, *xml, enabled);
  }
}

bool differs_by_version(const ExtraAt& at) {
  return at.is(ExtraKind::kTask) || at.is(ExtraKind::kStore);
}

// Returns true if the journal has no row of `version` for a task or store: no step succeeded.
bool is_of_another(const product::InstallationState& installation, const ExtraAt& at,
                   const std::string& version) {
  if (!differs_by_version(at)) return false;
  const Owned* row = installation.extra(at.extra->owned_kind, at.object);
  return row == nullptr || row->version != version;
}

// Returns true if the task is not as the journal's row describes it.
bool is_changed(machine::Machine& machine, const product::InstallationState& installation,
                const ExtraAt& at) {
  if (!at.is(ExtraKind::kTask)) return false;
  const Owned* row = installation.extra(at.extra->owned_kind, at.object);
  const auto task = machine.tasks().get(at.object);
  return row == nullptr || !task || actions::tasks::fingerprint(task->xml) != row->sha256;
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

// The value of meta::kStoreEntries, or that of a journal that knows of none.
Json store_row(const product::InstallationState& installation) {
  Json row = bounded::json(installation.store_entries);
  return row.is_object() ? row : actions::write_image(product::StoreEntries());
}

bool has_keys(const Json& store) { return !store.value("keys", Json()).empty(); }

bool are_some_lost(const Json& store) {
  return store.contains(kSomeLost) && store.at(kSomeLost) == true;
}

// Returns the tool of a store's row if it still has the bytes that its package brought, and nobody
// but administrators could exchange it; nullopt if not: it runs as SYSTEM.
std::optional<std::string> trusted_tool(machine::Machine& machine,
                                        const product::InstallationState& installation,
                                        const Owned& row) {
  std::string wanted = row.sha256;
  for (const Owned& owned : installation.owned) {
    if (owned.kind == "file" && machine::equal_paths(owned.name, row.name)) wanted = owned.sha256;
  }
  const auto is_trusted = if_readable([&] {
    machine::Files& files = machine.files();
    const auto info = files.stat(row.name);
    return info && info->kind == machine::FileKind::kFile && files.sha256(row.name) == wanted &&
           !product::other_writer(machine, machine::parent(row.name));
  });
  return is_trusted.value_or(false) ? std::optional(row.name) : std::nullopt;
}

// Takes our entries out of the store. Where the journal does not have all of them, the tool that
// wrote them tells which they are, as long as it is there: in kTakeOff.
void plan_store_removal(transaction::Plan& plan, machine::Machine& machine,
                        const product::InstallationState& installation, const Owned& row,
                        transaction::Phase phase) {
  Json entries = store_row(installation);
  const bool has_some = has_keys(entries);
  const bool has_all =
      has_some ? !are_some_lost(entries) : !installation.take_over && row.version.empty();
  std::optional<std::string> tool;
  if (!has_all && phase == transaction::Phase::kTakeOff)
    tool = trusted_tool(machine, installation, row);
  if (!has_all && !tool)
    plan.notes.push_back(std::string(has_some ? "The rest of the eBPF store" : "The eBPF store") +
                         " is left: the journal does not tell which of its entries are ours.");
  if (!has_some && !tool) return;
  entries.erase(kSomeLost);
  plan.add<actions::registry::RemoveStoreEntries>(phase, entries, tool);
}

bool is_planned(const transaction::Plan& plan, const ExtraAt& at) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const auto& step) {
    return step.action->kind() == at.extra->made_by && step.action->target() == at.object;
  });
}

// Adds the row of an extra if it is ours after the plan. An unreadable extra counts as there: a
// needless row only makes uninstall check again.
void add_row(product::InstallationChange& change, machine::Machine& machine,
             const product::InstallationState& installation, const ExtraAt& at, bool is_made,
             const std::string& version) {
  const Owned* recorded = installation.extra(at.extra->owned_kind, at.object);
  const bool is_here = if_readable([&] { return is_there(machine, at); }).value_or(true);
  Owned row{std::string(at.extra->owned_kind), at.object, "", "", 0, version};
  std::optional<Owned> as_it_is;
  const bool needs_reason = at.is(ExtraKind::kPath) || at.is(ExtraKind::kStore);
  if (is_here && (!needs_reason || is_made || recorded != nullptr || installation.take_over)) {
    as_it_is = row;
    if (differs_by_version(at))
      as_it_is->version = recorded == nullptr || is_made ? "" : recorded->version;
    if (at.is(ExtraKind::kTask)) {
      const auto task = if_readable([&] { return machine.tasks().get(at.object); });
      if (task && *task) as_it_is->sha256 = actions::tasks::fingerprint((*task)->xml);
    }
  }
  if (is_made) {
    change.made.push_back({std::string(at.extra->made_by), row, as_it_is});
  } else if (as_it_is) {
    change.put_owned.push_back(*as_it_is);
  }
}

// Returns our entries of the store: those from before, and those that the open update's exports
// added; not those that others wrote between the exports.
EbpfStore our_entries(const product::InstallationState& installation) {
  EbpfStore ours = store_of(store_row(installation));
  if (installation.store_found.is_null()) return ours;
  return store_of(installation.store_left).added_to(store_of(installation.store_found), ours);
}

}  // namespace

void plan_extras(transaction::Plan& plan, machine::Machine& machine,
                 const product::InstallationState& installation, const Placed& placed,
                 const std::string& install_folder) {
  const package::CheckedPackage& checked = *placed.checked;
  const std::string version = package::to_text(checked.manifest.version);
  const std::vector<ExtraAt> extras = extras_of(checked.manifest, install_folder);
  for (const ExtraAt& at : extras) {
    if (placed.keeps_tasks && at.is(ExtraKind::kTask) && !is_missing(machine, at)) continue;
    const bool outdated =
        is_of_another(installation, at, version) ||
        (differs_by_version(at) && placed_file(placed, at) != nullptr) ||
        if_readable([&] { return is_changed(machine, installation, at); }).value_or(true);
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
  if (plan.has<actions::tasks::UnregisterTask>(std::string(product::kStartupTask)))
    plan_trace_end(plan, machine, transaction::Phase::kExtras);
}

void plan_missing_extras(transaction::Plan& plan, machine::Machine& machine,
                         const product::InstallationState& installation, const Placed& placed) {
  for (const ExtraAt& at : extras_of(installation)) {
    if (!is_of_another(installation, at, installation.settled_version) && !is_missing(machine, at))
      continue;
    std::optional<std::string> content;
    if (at.is(ExtraKind::kTask)) {
      const package::PayloadFile* file = placed_file(placed, at);
      content = if_readable([&] {
        return file != nullptr ? read_from(machine, *placed.checked, *file)
                               : machine.files().read(at.file, kMaxTaskBytes);
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
    if (!if_readable([&] { return is_there(machine, at); }).value_or(true)) continue;
    if (at.is(ExtraKind::kPath)) {
      plan.add<actions::registry::RemoveFromPath>(phase, row.name);
    } else if (at.is(ExtraKind::kNetshHelper)) {
      plan.add<actions::registry::UnregisterNetshHelper>(phase, row.name);
    } else if (at.is(ExtraKind::kTask)) {
      plan.add<actions::tasks::UnregisterTask>(phase, row.name);
    } else {
      plan_store_removal(plan, machine, installation, row, phase);
    }
  }
}

void change_extras(transaction::Plan& plan, machine::Machine& machine,
                   const product::InstallationState& installation,
                   const std::vector<ExtraAt>& extras, const std::string& version) {
  product::InstallationChange& change = plan.to_change();
  bool has_store = false;
  for (const ExtraAt& at : extras) {
    const bool is_made = is_planned(plan, at);
    add_row(change, machine, installation, at, is_made, version);
    if (!at.is(ExtraKind::kStore)) continue;
    has_store = true;
    if (!is_made && installation.store_found.is_null()) continue;
    product::StoreEntries earlier{our_entries(installation).as_image().keys, {}};
    if (installation.take_over || are_some_lost(store_row(installation))) earlier.some_lost = true;
    change.store = product::StoreWritten{is_made ? at.object : "", std::move(earlier)};
  }
  if (!has_store) change.forget_meta.emplace_back(product::meta::kStoreEntries);
}

}  // namespace engine::planning
