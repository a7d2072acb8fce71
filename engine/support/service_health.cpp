#include "engine/support/service_health.h"

#include <algorithm>
#include <sstream>

#include "actions/best_effort.h"
#include "actions/machine/paths.h"
#include "actions/machine/services.h"
#include "actions/services/service_control.h"
#include "actions/services/start_service.h"
#include "engine/commands/commands.h"
#include "engine/product/components.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/support/system_codes.h"

namespace engine::support {
namespace {

using machine::ServiceState;
using machine::ServiceStatus;
using machine::StartType;
using product::Finding;

std::string start_command(std::string_view service) {
  return "sc.exe start " + std::string(service);
}
std::string automatic_command(std::string_view service) {
  return "sc.exe config " + std::string(service) + " start= auto";
}

bool starts_by_itself(StartType start) {
  return start != StartType::kDemand && start != StartType::kDisabled;
}

// " (ERROR_INVALID_IMAGE_HASH)"; "" for a code that the table does not have.
std::string name_of_code(std::int64_t code) {
  const SystemCode* const row = system_code({"StartService", code, ""});
  return row == nullptr ? "" : " (" + std::string(row->name) + ")";
}

std::string state_text(const ServiceStatus& status) {
  std::string text(machine::to_text(status.state));
  if (status.state == ServiceState::kStopped && status.exit_code != 0)
    text += ", ended with " + std::to_string(status.exit_code) + name_of_code(status.exit_code);
  return text;
}

std::string state_text(const product::FoundComponent& found) {
  std::string text = found.version ? package::to_text(*found.version) + ", " : "";
  if (!found.config || !found.status) return text + "not registered";
  text += state_text(*found.status) + ", " + std::string(machine::to_text(found.config->start));
  if (found.status->marked_for_deletion) text += ", marked for deletion";
  return text;
}

// Whether a command has started what is settled: an install alone starts nothing.
bool was_enabled(const Scene& scene) {
  if (scene.records == nullptr) return true;
  for (auto at = scene.records->newest_transaction(); at;
       at = scene.records->transaction_before(at->id)) {
    if (at->state != journal::TransactionState::kCommitted) continue;
    const auto command = commands::command_from(at->command);
    if (!command) continue;
    if (commands::is_removal(*command) && at->operation_id != 0 &&
        scene.records->operation(at->operation_id).kind == at->command)
      return false;
    if (*command == commands::Command::kEnable || commands::is_setup(*command)) return true;
  }
  return false;
}

// Whether a service that is stopped did not start, or died.
bool has_failed(const ServiceStatus& status) {
  constexpr std::uint32_t kNeverStarted = 1077;  // ERROR_SERVICE_NEVER_STARTED
  return status.state == ServiceState::kStopped && status.exit_code != 0 &&
         status.exit_code != kNeverStarted;
}

// What to look at where a service ended with this code; {}: nothing that the code names.
Advice advice_on_cause(const ServiceStatus& status, const std::string& service) {
  const SystemCode* const row = system_code({"StartService", status.exit_code, ""});
  if (!has_failed(status) || row == nullptr || row->look_at == LookAt::kRestart) return {};
  Advice advice{std::string(row->meaning) + what_it_shows(row->look_at)};
  std::istringstream commands(commands_to_look(row->look_at, service));
  for (std::string line; std::getline(commands, line);)
    advice.commands.push_back(line);
  return advice;
}

// What to look at before the start of a service that ended with this code.
Advice advice_on_end(const ServiceStatus& status, const std::string& service) {
  Advice advice = advice_on_cause(status, service);
  advice.words += advice.words.empty() ? "Start it:" : " Look at that, then start it:";
  return advice;
}

// Of a component that no enable has brought to run: another enable ends as the last one did, until
// the cause is mended.
Advice advice_on_first_start(const Scene& scene, const ServiceStatus& status,
                             const std::string& service) {
  Advice advice = advice_on_cause(status, service);
  advice.words += (advice.words.empty() ? "" : " ") + scene.mend.words;
  advice.commands.insert(advice.commands.end(), scene.mend.commands.begin(),
                         scene.mend.commands.end());
  return advice;
}

// Of a component that is to run.
Advice advice_on(const Scene& scene, const product::FoundComponent& found, Finding finding) {
  const std::string_view service = found.component->service;
  switch (finding) {
    case Finding::kMarkedForDeletion:
      return {"It goes at the restart; then enable registers and starts it.", {kRestartVm}};
    case Finding::kNotAutomatic:
      return {"Let it start with each boot:", {automatic_command(service)}};
    case Finding::kNotRunning: {
      if (actions::services::is_pending(found.status->state))
        return {"Wait a minute, and run doctor again. If it stays so, restart the VM:",
                {kRestartVm}};
      Advice advice = advice_on_end(*found.status, std::string(service));
      if (!starts_by_itself(found.config->start))
        advice.commands.push_back(automatic_command(service));
      advice.commands.push_back(start_command(service));
      return advice;
    }
    default:
      return scene.mend;
  }
}

void check_component(const Scene& scene, const product::LastLook::Component& component,
                     bool is_to_run, Drifts& drifts, const Area& area) {
  const product::FoundComponent& found = component.found;
  const std::string name(found.component->service);
  const std::string drifted = drifts.tell(name);
  const Finding finding = component.sight->finding;
  std::string text = state_text(found);
  const bool said = finding == Finding::kNotRunning || finding == Finding::kNotAutomatic ||
                    finding == Finding::kNotRegistered || finding == Finding::kMarkedForDeletion;
  if (!said && !component.sight->words.empty()) text += ": " + component.sight->words;
  const bool is_down = finding == Finding::kNotRunning || finding == Finding::kNotAutomatic;
  const bool has_died =
      finding == Finding::kNotRunning && found.status->state == ServiceState::kRunning;
  if (has_died) text += ", but " + component.sight->words;
  if (finding == Finding::kNewer) {
    area.note(name, text);
  } else if (is_down && scene.installation.stopped_by_us(name)) {
    area.ok(name, text + ": disable stopped it, enable starts it" + drifted);
  } else if (is_down && !is_to_run && !has_failed(*found.status)) {
    area.ok(name, text + ": no enable has started it yet" + drifted);
  } else if (is_down && scene.safe_mode) {
    area.note(name, text + ": in Safe Mode it does not start");
  } else if (finding != Finding::kAsItShouldBe && !scene.between().empty()) {
    area.note(name, text + drifted + std::string(scene.between()));
  } else if (finding != Finding::kAsItShouldBe) {
    const bool is_first = is_down && !is_to_run;
    area.trouble(name, text + drifted,
                 is_first ? advice_on_first_start(scene, *found.status, name)
                          : advice_on(scene, found, finding));
  } else if (found.status->marked_for_deletion) {
    area.trouble(
        name, text + ": it goes when it stops, at the latest at the boot",
        {"Restart the VM when eBPF may be down; then enable registers it again.", {kRestartVm}});
  } else if (found.restarts_vm()) {
    area.trouble(name,
                 text + ", ErrorControl " + std::to_string(found.config->error_control) +
                     ": if it does not start at a boot, Windows restarts the VM",
                 {"Make that normal:", {"sc.exe config " + name + " error= normal"}});
  } else if (scene.installation.stopped_by_us(name)) {
    area.ok(name, text + " (disable was in force until a boot)");
  } else if (!drifted.empty()) {
    area.note(name, text + drifted);
  } else {
    area.ok(name, text);
  }
}

// A component that the settled version does not have, or that is there without any settled version.
void check_others_component(const Scene& scene, const product::FoundComponent& found,
                            const Area& area) {
  if (!found.config) return;
  std::string text = state_text(found) + ": ";
  if (scene.is_settled()) {
    text += "not part of eBPF " + scene.installation.settled_version;
  } else {
    text += scene.is_unread ? "perhaps ours" : "not ours";
  }
  text += found.file_there ? "; its image is " + found.file
                           : "; its image " + found.file + " is missing";
  area.note(std::string(found.component->service), text);
}

// The last look did not come to its end: what each of its services says by itself.
void check_plainly(const Scene& scene, Drifts& drifts, const Area& area) {
  for (const product::Component& component : product::components()) {
    const std::string name(component.service);
    drifts.tell(name);
    area.look(name, [&] {
      const auto status = scene.machine.services().status(name);
      if (status) area.note(name, state_text(*status));
    });
  }
}

void check_components(const Scene& scene, Drifts& drifts, const Area& area) {
  if (!scene.seen) {
    area.look("the components",
              [&] { product::look_at(scene.machine, product::version_to_be(scene.installation)); });
    return check_plainly(scene, drifts, area);
  }
  const bool is_to_run = was_enabled(scene);
  for (const product::LastLook::Component& component : scene.seen->components) {
    if (component.sight && scene.is_settled()) {
      check_component(scene, component, is_to_run, drifts, area);
    } else {
      check_others_component(scene, component.found, area);
    }
  }
}

// Whether all of eBPF is to run now.
bool is_ebpf_to_run(const Scene& scene) {
  return scene.is_settled() && scene.installation.disabled.empty() && was_enabled(scene);
}

// A dependency without a service keeps it from starting (1075).
std::vector<std::string> missing_dependencies(machine::Machine& machine,
                                              const machine::ServiceConfig& config) {
  std::vector<std::string> missing;
  for (const std::string& name : config.depends_on) {
    if (!machine.services().config(name)) missing.push_back(name);
  }
  return missing;
}

// Windows starts what it depends on, but for what is disabled; and not where one of these fails.
Advice advice_on_down_proxy(const Scene& scene) {
  const std::string proxy(product::kGuestProxyAgent);
  machine::Services& services = scene.machine.services();
  const auto config = services.config(proxy);
  const auto status = services.status(proxy);
  std::vector<std::string> commands;
  std::string failed;
  for (const std::string& name : config ? config->depends_on : std::vector<std::string>()) {
    const auto other = services.config(name);
    if (other && other->start == StartType::kDisabled && is_plain(name))
      commands.push_back(automatic_command('"' + name + '"'));
    const auto other_status = services.status(name);
    if (failed.empty() && other_status && has_failed(*other_status))
      failed = name + ", on which it depends, is " + state_text(*other_status);
  }
  commands.push_back(start_command(proxy));
  if (!failed.empty()) return {failed + ": mend that first, then start it:", commands};
  const bool is_of_disabled = commands.size() > 1;
  if (is_of_disabled || !status || !has_failed(*status))
    return {"Start it, with what it depends on:", commands};
  Advice advice = advice_on_end(*status, proxy);
  advice.commands.insert(advice.commands.end(), commands.begin(), commands.end());
  return advice;
}

void check_proxy_health(const Scene& scene, const std::string& text, const Area& area) {
  using product::ProxyHealth;
  const std::string name(product::kGuestProxyAgent);
  const product::ProxyReading reading =
      product::read_proxy(scene.machine, 0, scene.installation.proxy_stopped_in);
  const std::string whole = text + ", " + std::string(product::to_text(reading.health)) +
                            (reading.words.empty() ? "" : " (" + reading.words + ")");
  const std::string log = R"(cmd /c dir /o-d C:\WindowsAzure\ProxyAgent\Logs)";
  switch (reading.health) {
    case ProxyHealth::kHealthy:
      return area.ok(name, whole);
    case ProxyHealth::kStopped:
    case ProxyHealth::kDisabled:
    case ProxyHealth::kAbsent:
      return area.note(name, text + ": left as its owner had it");
    case ProxyHealth::kUnhealthy:
      if (is_ebpf_to_run(scene)) {
        return area.trouble(
            name, whole,
            {"Look at its own log. If eBPF came after it had started, a restart of it helps:",
             {log, "sc.exe stop " + name, start_command(name)}});
      }
      return area.note(name, whole + "; without a running eBPF it is no other");
    case ProxyHealth::kDown:
      return area.trouble(name, text + ": its owner did not stop it", advice_on_down_proxy(scene));
    case ProxyHealth::kUnknown:
      break;
  }
  area.add(Mark::kUnknown, name, whole,
           {"It writes its status file each minute: run doctor again. If that stays, look at its "
            "own log:",
            {log}});
}

void check_proxy(const Scene& scene, const Area& area) {
  const std::string name(product::kGuestProxyAgent);
  const auto config = scene.machine.services().config(name);
  const auto status = scene.machine.services().status(name);
  if (!config || !status) return area.ok(name, "not on this VM");
  const std::string text =
      state_text(*status) + ", " + std::string(machine::to_text(config->start));
  const auto missing = missing_dependencies(scene.machine, *config);
  if (!missing.empty() && !scene.is_settled())
    return area.note(name, text + ": it depends on " + some_of(missing) +
                               ", which comes with eBPF; until then it does not start (1075)");
  if (!missing.empty()) {
    return area.trouble(name,
                        text + ": it does not start (1075), since it depends on " +
                            some_of(missing) + ", which is not registered",
                        scene.mend);
  }
  const bool runs = status->state == ServiceState::kRunning;
  if (!runs && scene.installation.stopped_by_us(name))
    return area.ok(name, text + ": stopped with eBPF, enable starts it");
  if (!runs && scene.safe_mode) return area.note(name, text + ": in Safe Mode it does not start");
  if (!runs && !scene.between().empty())
    return area.note(name, text + std::string(scene.between()));
  check_proxy_health(scene, text, area);
  if (scene.is_settled() && !scene.installation.dependencies_taken.empty())
    area.note(name, "an uninstall took out its dependency on " +
                        some_of(scene.installation.dependencies_taken) +
                        "; enable gives it back once that is there");
}

// Services of others whose start the last command that did anything has given up.
std::vector<std::string> starts_given_up(const journal::Records& records) {
  std::vector<std::string> names;
  for (auto at = records.newest_transaction(); at; at = records.transaction_before(at->id)) {
    const std::vector<journal::Step> steps = records.steps(at->id);
    if (steps.empty()) continue;
    for (const journal::Step& step : steps) {
      if (step.kind == actions::services::StartService::kKind && !step.vital &&
          step.state == journal::StepState::kFailed)
        names.push_back(step.target);
    }
    break;
  }
  return names;
}

void check_neighbours(const Scene& scene, const Area& area) {
  std::vector<std::string> names;
  if (scene.records != nullptr) names = starts_given_up(*scene.records);
  for (const product::Stopped& service : scene.installation.not_started) {
    if (std::ranges::find(names, service.name) == names.end()) names.push_back(service.name);
  }
  for (const std::string& name : names) {
    const bool is_told = machine::equal_names(name, product::kGuestProxyAgent) ||
                         product::component_of_service(name) != nullptr;
    if (is_told) continue;
    area.look(name, [&] {
      const auto config = scene.machine.services().config(name);
      const auto status = scene.machine.services().status(name);
      if (!config || !status || status->state == ServiceState::kRunning) return;
      const std::string text =
          state_text(*status) + ": it ran before it was stopped for eBPF, and ";
      const auto missing = missing_dependencies(scene.machine, *config);
      if (!missing.empty())
        return area.note(name, text + "depends on " + some_of(missing) + ", which is gone (1075)");
      area.trouble(name, text + "did not start again",
                   {"Start it:", command_on("sc.exe start", name)});
    });
  }
}

}  // namespace

void check_services(const Scene& scene, Drifts& drifts, Checkup& checkup) {
  const Area area(checkup, "services");
  if (scene.safe_mode) {
    area.trouble(
        "Safe Mode", "the VM runs in it: neither eBPF nor GuestProxyAgent starts",
        {"Restart the VM in its normal mode:", {"bcdedit /deletevalue safeboot", kRestartVm}});
  }
  area.look("the components", [&] { check_components(scene, drifts, area); });
  area.look(std::string(product::kGuestProxyAgent), [&] { check_proxy(scene, area); });
  area.look("services of others", [&] { check_neighbours(scene, area); });
}

}  // namespace engine::support
