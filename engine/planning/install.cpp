#include "engine/planning/install.h"

#include <algorithm>

#include "actions/files/remove_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/registry.h"
#include "actions/machine/system.h"
#include "actions/services/set_start_type.h"
#include "actions/services/unregister_service.h"
#include "engine/planning/extras.h"
#include "engine/planning/files.h"
#include "engine/planning/origins.h"
#include "engine/planning/services.h"
#include "engine/product/extras.h"
#include "engine/product/meta.h"
#include "engine/product/payload.h"
#include "engine/product/policy.h"
#include "engine/product/predecessor.h"
#include "engine/product/version_to_be.h"
#include "engine/transaction/phase.h"
#include "errors/failure.h"
#include "json/json.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;

constexpr std::string_view kPolicyValue = "EbpfDisableRuntimeUpdate";

// The key is there, in memory only, from a start in Safe Mode until the next start.
constexpr std::string_view kSafeBootKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot\Option)";
constexpr std::string_view kSafeBootValue = "OptionValue";

// Returns the owned files that the package does not have: they go with their version.
std::vector<std::string> obsolete_files(const product::InstallationState& installation,
                                        const package::PayloadManifest& manifest,
                                        const std::string& install_folder) {
  std::vector<std::string> obsolete;
  for (const journal::Owned& owned : installation.owned) {
    if (owned.kind != "file") continue;
    const bool kept = std::any_of(
        manifest.files.begin(), manifest.files.end(), [&](const package::PayloadFile& file) {
          return machine::equal_paths(product::target_of(file, install_folder), owned.name);
        });
    if (!kept) obsolete.push_back(owned.name);
  }
  return obsolete;
}

// Sets the start types to disabled, on the disk, before the first file changes: no boot begins with
// a pair that is half swapped or was never tried.
void plan_start_types_off(transaction::Plan& plan, const product::Inventory& inventory) {
  for (const product::FoundComponent& found : inventory.components) {
    if (!found.config || found.config->start == machine::StartType::kDemand ||
        found.config->start == machine::StartType::kDisabled)
      continue;
    plan.add<actions::services::SetStartType>(transaction::Phase::kHold,
                                              std::string(found.component->service),
                                              machine::StartType::kDisabled);
  }
}

// Services that the version does not have and that somebody has taken away: GuestProxyAgent would
// not start (1075) while it depends on one.
std::vector<std::string> neither_had_nor_there(const package::CheckedPackage& checked,
                                               const product::Inventory& inventory) {
  std::vector<std::string> names;
  for (const product::FoundComponent& found : inventory.components) {
    if (!found.config && !product::brings(checked.manifest, *found.component))
      names.emplace_back(found.component->service);
  }
  return names;
}

// Replaces another version in its place: copies while everything still runs, then stops, then
// swaps.
void plan_replacement(transaction::Plan& plan, machine::Machine& machine,
                      const product::InstallationState& installation,
                      const package::CheckedPackage& checked, const product::Inventory& inventory,
                      const std::vector<package::PayloadFile>& differing) {
  const std::string& folder = inventory.install_folder;
  plan_staging(plan, machine, checked, differing, folder);
  plan_stops(plan, machine, inventory, active_clients(machine));
  plan_start_types_off(plan, inventory);
  plan_placing(plan, differing, folder);
  plan_registrations(plan, installation, checked.manifest, inventory, folder);
  std::vector<std::string> going;
  for (const product::FoundComponent& found : inventory.components) {
    const bool goes = !product::brings(checked.manifest, *found.component);
    const bool is_ours =
        installation.take_over || installation.owns_service(found.component->service);
    if (!goes || !found.config || !is_ours) continue;
    going.emplace_back(found.component->service);
    plan.add<actions::services::UnregisterService>(transaction::Phase::kChange, going.back());
  }
  plan_dependencies_out(plan, machine, going);
  const std::vector<std::string> obsolete = obsolete_files(installation, checked.manifest, folder);
  if (!obsolete.empty())
    plan.add<actions::files::RemoveFiles>(transaction::Phase::kChange, plan.work_folder, obsolete,
                                          std::vector<std::string>{});
}

}  // namespace

void check_platform(machine::Machine& machine, const package::PayloadManifest& manifest) {
  const std::string version = package::to_text(manifest.version);
  const int build = machine.system().os_build();
  if (build < manifest.min_os_build) {
    throw Failure(ExitCode::kUnsupportedOs, "Windows build " + std::to_string(build),
                  "install eBPF " + version + " on Windows build " + std::to_string(build) +
                      ": it needs build " + std::to_string(manifest.min_os_build) + " or later");
  }
  const std::string architecture = machine.system().architecture();
  if (architecture != manifest.machine) {
    throw Failure(ExitCode::kUnsupportedOs, architecture,
                  "install eBPF " + version + ": the package is for " + manifest.machine +
                      ", the machine is " + architecture);
  }
}

Replaced replaced(machine::Machine& machine, const product::Inventory& inventory,
                  const product::InstallationState& installation, const package::Version& version,
                  bool downgrade) {
  using product::FoundVersion;
  Replaced found;
  found.facts =
      product::origin_facts(machine, installation, inventory, version, product::Intent::kBring);
  product::FoundEbpf& ebpf = found.facts.found;
  const bool is_of_others =
      ebpf.origin == product::Origin::kMsi || ebpf.origin == product::Origin::kUnknown;
  if (downgrade && ebpf.relation == FoundVersion::kNewer && !is_of_others)
    ebpf.relation = FoundVersion::kOlder;
  found.treatment = product::treatment_of(ebpf, product::Intent::kBring);
  check_treatment(found.facts, found.treatment, "install eBPF " + package::to_text(version),
                  inventory, installation);
  return found;
}

void check_policy(machine::Machine& machine) {
  const auto value = machine.registry().get(product::kPolicyKey, kPolicyValue);
  if (!value || value->data.empty() || value->data == "0") return;
  throw Failure(ExitCode::kRefusedByPolicy,
                std::string(product::kPolicyKey) + "\\" + std::string(kPolicyValue),
                "change eBPF: the policy value " + std::string(product::kPolicyKey) + "\\" +
                    std::string(kPolicyValue) + " is " + value->data);
}

bool in_safe_mode(machine::Machine& machine) {
  return machine.registry().get(kSafeBootKey, kSafeBootValue).has_value();
}

void check_boot_mode(machine::Machine& machine) {
  if (!in_safe_mode(machine)) return;
  throw Failure(
      ExitCode::kRebootNeeded, "Safe Mode",
      "change eBPF: the VM runs in Safe Mode, in which Windows starts neither drivers nor "
      "services of eBPF")
      .advise(
          "Restart the VM in its normal mode (msconfig, or bcdedit /deletevalue safeboot); the VM "
          "Agent's next call then goes on.");
}

void check_install_folder(machine::Machine& machine, const package::PayloadManifest& manifest,
                          const std::string& install_folder) {
  for (const std::string& folder : product::payload_folders(manifest, install_folder)) {
    const auto info = machine.files().stat(folder);
    if (info && info->kind == machine::FileKind::kLink) {
      throw Failure(
          ExitCode::kUnsafeFolder, folder,
          "install into " + folder + ": it is a link, and may lead elsewhere at any time");
    }
    if (!info && folder != install_folder) continue;  // will be made in a folder that is checked
    if (const auto writer = product::other_writer(machine, folder)) {
      throw Failure(ExitCode::kUnsafeFolder, folder,
                    "install into " + folder + ": " + *writer +
                        " can change what is there, which would run as SYSTEM")
          .advise(
              "Take that access away (icacls FOLDER shows it), or name who has it in the "
              "registry value " +
              std::string(product::kPolicyKey) + "\\" + std::string(product::kTrustedWritersValue) +
              ",");
    }
  }
}

transaction::Plan plan_install(machine::Machine& machine,
                               const product::InstallationState& installation,
                               const package::CheckedPackage& checked,
                               const InstallOptions& options) {
  check_policy(machine);
  check_platform(machine, checked.manifest);
  const product::Inventory inventory = product::detect(machine, installation.install_folder);
  check_not_marked(inventory, false);
  check_install_folder(machine, checked.manifest, inventory.install_folder);
  const package::Version& version = checked.manifest.version;
  Replaced found = replaced(machine, inventory, installation, version, options.downgrade);
  if (found.treatment == product::Treatment::kAdopt && !options.adopts)
    found.treatment = product::Treatment::kConverge;

  transaction::Plan plan;
  plan.from_version = installation.settled_version;
  plan.to_version = package::to_text(version);
  plan.work_folder = options.work_folder;
  if (inventory.any_file() && !inventory.anything_registered())
    plan.notes.push_back("Found files without registrations: " + product::describe(inventory) +
                         ".");
  note_treatment(plan, found.facts, found.treatment, inventory,
                 !installation.settled_version.empty());
  const std::vector<package::PayloadFile> differing =
      differing_files(machine, checked, inventory.install_folder);
  plan.restart_due = installation.restart_due;
  std::vector<std::string> taken;  // of GuestProxyAgent's dependencies
  if (found.treatment == product::Treatment::kUpdate) {
    plan.notes.push_back("Replacing " + product::describe(inventory) + ".");
    plan_replacement(plan, machine, installation, checked, inventory, differing);
  } else {
    plan.restart_due = plan.restart_due || replaces_running(inventory, machine, differing);
    plan_staging(plan, machine, checked, differing, inventory.install_folder);
    if (product::replaces_preserved(installation)) plan_start_types_off(plan, inventory);
    plan_placing(plan, differing, inventory.install_folder);
    plan_registrations(plan, installation, checked.manifest, inventory, inventory.install_folder);
    taken = plan_dependencies_out(plan, machine, neither_had_nor_there(checked, inventory));
  }
  if (plan.steps.empty()) plan.work_folder.clear();
  plan_queue_cleared(plan, machine,
                     product::version_to_be(checked.manifest, inventory.install_folder));
  const bool keeps_tasks =
      found.treatment == product::Treatment::kAdopt || found.treatment == product::Treatment::kUse;
  plan_extras(plan, machine, installation, {&checked, differing, keeps_tasks},
              inventory.install_folder);
  plan.change = installed_change(machine, checked, differing, inventory.install_folder);
  plan.change->put_meta.emplace_back(product::meta::kSettledHandler, options.handler_version);
  if (plan.restart_due) plan.change->put_meta.emplace_back(product::meta::kRestartDue, "1");
  if (!installation.brought_by_setup.empty() && installation.brought_by_setup != plan.to_version)
    plan.change->forget_meta.emplace_back(product::meta::kBroughtBySetup);
  if (!taken.empty()) {
    taken = with_services(taken, installation.dependencies_taken);
    plan.change->put_meta.emplace_back(product::meta::kDependencies, nlohmann::json(taken).dump());
  }
  change_extras(plan, machine, installation,
                product::extras_of(checked.manifest, inventory.install_folder), plan.to_version);
  mark_origins(plan, machine, installation, inventory, found.facts, found.treatment);
  return plan;
}

}  // namespace engine::planning
