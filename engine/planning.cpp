#include "engine/planning.h"

#include "actions/machine/host_files.h"
#include "engine/disable_plan.h"
#include "engine/install_plan.h"
#include "engine/payload_plan.h"
#include "engine/recovery_copy.h"
#include "engine/tracing_tasks.h"
#include "engine/uninstall_plan.h"
#include "engine/update_plan.h"
#include "errors/failure.h"
#include "package/package_check.h"
#include "package/version.h"

namespace engine {
namespace {

// "0.10.0.1" -> "0.10.0": the first three numbers of a handler are those of its payload.
std::string payload_of(const package::HandlerVersion& handler) {
  return package::to_text(package::Version{handler.major, handler.minor, handler.patch, ""});
}

Plan plan_of(machine::Machine& machine, const Request& request, const Known& known,
             const OwnPackage& own, const Incoming& incoming, const Planning& planning) {
  InstallOptions install;
  install.handler_version = request.handler_version;
  install.work_folder = planning.work_folder;
  install.downgrade = planning.downgrade;
  if (planning.decision == Decision::kRetire) return plan_retirement(known);
  switch (request.command) {
    case Command::kInstall: {
      Plan plan = plan_install(machine, known, own.check(), install);
      if (planning.decision == Decision::kOpen)
        plan.add_first(arm_recovery(machine, request.program));
      // Nothing is ours before the update settles; that something must be restarted stays known.
      if (planning.decision != Decision::kAlone) plan.settlement = unsettled(plan.restart_due);
      return plan;
    }
    case Command::kEnable: {
      EnableOptions options;
      options.install = install;
      options.to_own_version =
          planning.decision == Decision::kSettle || planning.decision == Decision::kOpenAndSettle;
      return plan_enable(machine, known, own, options);
    }
    case Command::kUninstall: {
      Plan plan = plan_uninstall(machine, known, own, planning.work_folder);
      // Not vital: where the copy has no room, as little as possible should stay.
      if (plan.work_folder.empty()) return plan;
      plan.add_first(arm_recovery(machine, request.program));
      plan.steps.front().vital = false;
      return plan;
    }
    case Command::kDisable:
      return plan_disable(machine, known);
    case Command::kUpdate:
      return plan_update(
          machine, known, own, incoming, {request.handler_version, planning.work_folder},
          planning.decision == Decision::kOpen ? arm_recovery(machine, request.program) : nullptr);
    case Command::kReset:
    case Command::kRecover:
      break;
  }
  const std::string name(row(request.command).name);
  throw errors::Failure(errors::ExitCode::kUsage, name, "plan " + name + ": it has no plan");
}

}  // namespace

OwnPackage own_package(machine::Machine& machine, const Request& request) {
  machine::HostFiles& host = machine.host();
  const std::string& root = request.package_root;
  OwnPackage own;
  own.check = [&host, root] { return package::check_package(host, root); };
  const bool brings_a_version = request.command == Command::kInstall ||
                                request.command == Command::kEnable ||
                                request.command == Command::kUpdate;
  if (!brings_a_version) return own;
  // A missing or damaged package is the business of the commands that need one: they say so then.
  if (!host.stat(root + "/payload.json")) return own;
  try {
    const package::ClaimedPackage claimed = package::read_claim(host, root);
    own.version = package::to_text(claimed.manifest.version);
    own.identity = claimed.identity;
  } catch (const errors::Failure& failure) {
    if (failure.code() != errors::ExitCode::kPackageDamaged) throw;
  }
  return own;
}

Incoming incoming_of(const Request& request, const OwnPackage& own,
                     std::optional<std::int64_t> sequence_number) {
  Incoming incoming;
  incoming.handler = request.handler_version;
  incoming.payload = own.version;
  incoming.package = own.identity;
  incoming.sequence_number = sequence_number;
  if (request.command != Command::kUpdate || !request.version_variable) return incoming;
  // The agent has a downgrade run by the higher version, and names the lower one in VERSION. It
  // also lets a variable of its own environment hide VERSION: what is no lower version is no reason
  // to refuse.
  const auto target = package::parse_handler_version(*request.version_variable);
  const auto ours = package::parse_handler_version(request.handler_version);
  if (!target || !ours || *target >= *ours) return incoming;
  incoming.handler = package::to_text(*target);
  incoming.payload = payload_of(*target);
  incoming.package.clear();
  incoming.downgrade = true;
  return incoming;
}

Plan make_plan(machine::Machine& machine, const Request& request, const Known& known,
               const OwnPackage& own, const Incoming& incoming, const Planning& planning) {
  Plan plan = plan_of(machine, request, known, own, incoming, planning);
  const bool changes =
      request.command != Command::kUpdate && planning.decision != Decision::kRetire;
  if (changes) keep_tasks_off(plan, machine, known, settles(planning.decision));
  return plan;
}

}  // namespace engine
