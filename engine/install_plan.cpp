#include "engine/install_plan.h"

#include "actions/machine/registry.h"
#include "actions/machine/system.h"
#include "engine/inventory.h"
#include "engine/payload_plan.h"
#include "errors/failure.h"

namespace engine {
namespace {

using errors::ExitCode;
using errors::Failure;

constexpr std::string_view kPolicyKey = "HKLM\\Software\\eBPF";
constexpr std::string_view kPolicyValue = "EbpfDisableRuntimeUpdate";

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

void check_version(const Inventory& inventory, Relation stands, const package::Version& version) {
  if (stands == Relation::kNewer) {
    throw Failure(ExitCode::kDowngradeRefused, inventory.install_folder,
                  "install eBPF " + package::to_text(version) + " over a newer version (" +
                      describe(inventory) + ")");
  }
  if (stands == Relation::kOlder) {
    throw Failure(ExitCode::kGeneric, inventory.install_folder,
                  "install eBPF " + package::to_text(version) + " over another version (" +
                      describe(inventory) + "): not yet possible, nothing was touched")
        .advise("Uninstall the installed version first.");
  }
}

}  // namespace

void check_policy(machine::Machine& machine) {
  const auto value = machine.registry().get(kPolicyKey, kPolicyValue);
  if (!value || value->data.empty() || value->data == "0") return;
  throw Failure(ExitCode::kRefusedByPolicy,
                std::string(kPolicyKey) + "\\" + std::string(kPolicyValue),
                "change eBPF: the policy value " + std::string(kPolicyKey) + "\\" +
                    std::string(kPolicyValue) + " is " + value->data);
}

Plan plan_install(machine::Machine& machine, const Known& known,
                  const package::CheckedPackage& checked, const std::string& handler_version,
                  const std::string& work_folder) {
  check_policy(machine);
  check_platform(machine, checked.manifest);
  const Inventory inventory = look(machine, known.install_folder);
  const package::Version& version = checked.manifest.version;
  Relation stands = relation(inventory, version);
  // Older files in what this version settled are damage to repair, not another version to replace.
  if (stands == Relation::kOlder && known.settled_version == package::to_text(version) &&
      inventory.one_folder)
    stands = Relation::kSame;
  check_version(inventory, stands, version);

  Plan plan;
  plan.from_version = known.settled_version;
  plan.to_version = package::to_text(version);
  plan.work_folder = work_folder;
  if (stands == Relation::kResidue)
    plan.notes.push_back("Found files without registrations: " + describe(inventory) + ".");
  if (stands == Relation::kSame && known.settled_version.empty()) {
    plan.notes.push_back("Taking over what was there: " + describe(inventory) + ".");
  }
  const std::vector<package::PayloadFile> differing =
      differing_files(machine, checked, inventory.install_folder);
  const bool restart_due = known.restart_due || replaces_running(inventory, machine, differing);
  plan_files(plan, machine, checked, differing, inventory.install_folder);
  plan_registrations(plan, version, checked.manifest, inventory, inventory.install_folder);
  if (plan.steps.empty()) plan.work_folder.clear();
  plan.settlement = [manifest = checked.manifest, hash = checked.identity, handler_version,
                     folder = inventory.install_folder, restart_due](machine::Machine& at) {
    return installed_settlement(at, manifest, hash, handler_version, folder, restart_due);
  };
  return plan;
}

}  // namespace engine
