#include "engine/planning.h"

#include "actions/machine/host_files.h"
#include "engine/disable_plan.h"
#include "engine/enable_plan.h"
#include "engine/install_plan.h"
#include "engine/uninstall_plan.h"
#include "errors/failure.h"
#include "package/package_check.h"

namespace engine {
namespace {

// "" where there is no package at all: only a repair needs one, and says so then.
std::string claimed_version(machine::HostFiles& host, const std::string& root) {
  if (!host.stat(root + "/payload.json")) return "";
  return package::to_text(package::read_claim(host, root).manifest.version);
}

}  // namespace

Planned make_plan(machine::Machine& machine, const Request& request, const Known& known,
                  const std::string& work_folder) {
  machine::HostFiles& host = machine.host();
  const std::string& root = request.package_root;
  Planned planned;
  OwnPackage own;
  own.check = [&host, root] { return package::check_package(host, root); };
  switch (request.command) {
    case Command::kInstall: {
      const package::CheckedPackage checked = own.check();
      planned.payload_version = package::to_text(checked.manifest.version);
      planned.plan = plan_install(machine, known, checked, request.handler_version, work_folder);
      return planned;
    }
    case Command::kEnable:
      own.version = claimed_version(host, root);
      planned.payload_version = own.version;
      planned.plan = plan_enable(machine, known, own, request.handler_version, work_folder);
      return planned;
    case Command::kUninstall:
      planned.plan = plan_uninstall(machine, known, own, work_folder);
      return planned;
    case Command::kDisable:
      planned.plan = plan_disable(machine, known);
      return planned;
    case Command::kUpdate:
    case Command::kReset:
    case Command::kRecover:
      break;
  }
  const std::string name(row(request.command).name);
  if (request.command == Command::kUpdate) {
    throw errors::Failure(errors::ExitCode::kGeneric, name,
                          "update: not yet possible, nothing was touched");
  }
  throw errors::Failure(errors::ExitCode::kUsage, name, "plan " + name + ": it has no plan");
}

}  // namespace engine
