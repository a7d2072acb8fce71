#include "engine/handler/doctor_command.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/handler/abandonment.h"
#include "engine/handler/detect.h"
#include "engine/handler/doctor_journal.h"
#include "engine/handler/doctor_surroundings.h"
#include "engine/planning/incoming.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "engine/support/doctor.h"
#include "engine/support/journal_facts.h"
#include "journal/reader.h"
#include "package/handler_manifest.h"

namespace engine::handler {
namespace {

using support::Advice;
using support::Area;

std::string payload_in(machine::HostFiles& host, const std::string& root) {
  return planning::own_package(host, root, commands::Command::kEnable).version;
}

// A package of the version that is wanted, and how its program is called.
struct Callable {
  std::string root;
  std::string program;
};

// This program's and those that the journal names, the newest first; not one whose name cannot be
// put into a command.
std::vector<Callable> callable_packages(machine::HostFiles& host, const support::Scene& scene,
                                        const Request& request, const std::string& wanted) {
  std::vector<Callable> packages{{request.package_root, request.program}};
  for (const std::string& root : package_folders(scene.records)) {
    const char* separator = root.find('\\') == std::string::npos ? "/" : "\\";
    packages.push_back({root, root + separator + std::string(package::kHandlerProgram)});
  }
  std::erase_if(packages, [&](const Callable& package) {
    return support::command_line(package.program, "").empty() || !host.stat(package.program) ||
           payload_in(host, package.root) != wanted;
  });
  return packages;
}

// The newest command but for refusals, if it is an enable of no update, or a setup, that a step
// made fail: the next one fails as well until that is mended.
std::optional<journal::Transaction> failed_at_step(const journal::Records* records) {
  if (records == nullptr) return std::nullopt;
  auto newest = records->newest_transaction();
  while (newest && newest->state == journal::TransactionState::kRefused)
    newest = records->transaction_before(newest->id);
  if (!newest || newest->state != journal::TransactionState::kUndone ||
      support::update_of(*records, *newest))
    return std::nullopt;
  const auto command = commands::command_from(newest->command);
  if (!command || (*command != commands::Command::kEnable && !commands::is_setup(*command)))
    return std::nullopt;
  const auto steps = records->steps(newest->id);
  const bool failed = std::ranges::any_of(
      steps, [](const journal::Step& step) { return step.vital && step.error.is_object(); });
  return failed ? newest : std::nullopt;
}

// `what`: "An enable".
Advice mend_by(const support::Scene& scene, const std::string& what, const std::string& command) {
  if (const auto failed = failed_at_step(scene.records)) {
    return {
        "Look up why the last " + failed->command + " failed, and mend that; then this mends it:",
        {scene.command("journal explain " + std::to_string(failed->id)), command}};
  }
  return {what + " mends it:", {command}};
}

// What brings the settled version back to what it should be: an enable of its own handler, by hand.
// Whose eBPF is does not change by it: `setup` is for what setup, or nobody, wants.
Advice mend_of(machine::Machine& machine, const support::Scene& scene, const Request& request) {
  machine::HostFiles& host = machine.host();
  const product::InstallationState& installation = scene.installation;
  const std::string wanted =
      installation.settled_version.empty() ? scene.package_version : installation.settled_version;
  if (wanted.empty()) return {"Deploy the extension again."};
  const std::vector<Callable> packages = callable_packages(host, scene, request, wanted);
  const auto of_vm_agent = std::ranges::find_if(
      packages, [&](const Callable& package) { return has_environment(host, package.root); });
  if (of_vm_agent != packages.end()) {
    return mend_by(scene, "An enable", support::command_line(of_vm_agent->program, "enable"));
  }
  const bool is_for_setup = installation.wanted_by_setup || !installation.wanted_by_vm_agent;
  if (is_for_setup && !packages.empty()) {
    // Users may write into Windows' folder for temporary files.
    const std::string log =
        machine::join(machine::join(machine.system().system_root(), "Logs"), "EbpfForWindows");
    return mend_by(scene, "A setup install",
                   support::command_line(packages.front().program, "setup install --log " + log));
  }
  return {"Deploy the extension's version " + wanted + " again: its enable mends it."};
}

void check_caller(const Request& request, const Area& area) {
  if (request.is_elevated) return;
  area.add(support::Mark::kUnknown, "this process",
           "is not elevated: the journal, and what only administrators may read, is not seen",
           {"Run doctor as administrator, from an elevated command prompt."});
}

void read_journal(support::Scene& scene, const journal::Reader& reader, const Request& request) {
  scene.records = &reader;
  scene.installation = product::installation_state_of(reader);
  scene.update = open_update(reader);
  scene.is_unfinished = !reader.unfinished().empty();
  scene.extension_is_gone = extension_is_gone(scene.machine, reader);
  scene.nobody_goes_on = nobody_goes_on(scene.machine, reader);
  if (!scene.update) return;
  Request as_enable = request;
  as_enable.command = commands::Command::kEnable;
  Detected detected =
      detect(scene.machine, &reader, scene.installation, as_enable, std::nullopt,
             planning::own_package(scene.machine.host(), request.package_root, as_enable.command));
  scene.installation = std::move(detected.installation);
}

}  // namespace

support::Checkup doctor(machine::Machine& machine, const Request& request) {
  support::Checkup checkup;
  const Area area(checkup, "journal");
  check_caller(request, area);
  support::Scene scene{.machine = machine};
  scene.program = request.program;
  area.look("this program's package",
            [&] { scene.package_version = payload_in(machine.host(), request.package_root); });
  area.look("the lock", [&] { scene.holder = lock_holder(machine); });
  area.look("Safe Mode", [&] { scene.safe_mode = planning::in_safe_mode(machine); });
  const std::unique_ptr<journal::Reader> reader = open_journal(scene, area);
  if (reader) area.look("the installation", [&] { read_journal(scene, *reader, request); });
  area.look("how to mend", [&] { scene.mend = mend_of(machine, scene, request); });
  support::examine(scene, checkup);
  check_surroundings(scene, request, checkup);
  check_meanwhile(scene, reader.get(), area);
  return checkup;
}

}  // namespace engine::handler
