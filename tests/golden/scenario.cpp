#include "tests/golden/scenario.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "errors/failure.h"
#include "tests/golden/injection.h"
#include "tests/golden/journal_lines.h"
#include "tests/golden/preparation.h"

namespace golden {
namespace {

using engine::commands::Command;
using Lives = std::vector<std::string>;

const Room::Packages kOne{{"agent", "1.0.0"}};
const Room::Packages kTwo{{"agent", "1.0.0"}, {"new", "1.1.0"}};

const Lives kGoesOn{"recover", "boot abandoned", "again"};
const Lives kLosesPower{"recover", "cut recover"};
const Lives kAfterUndo{"recover", "boot recover"};

void cloned(Lines& lines) { lines.at("machine/machine_id") = "\"another-machine\""; }

// A step that is armed is given up, as the program does it with one that is best effort. By hand
// where the program has no such step of that kind: in its plans they are all vital.
Edit given_up(const std::string& kind) {
  const auto change = [kind](Lines& lines) {
    for (const StepFact& step : step_facts(lines)) {
      if (step.kind != kind || step.state != "armed") continue;
      const std::string key = "step " + step.key + " ";
      lines[key + "vital"] = "0";
      lines[key + "state"] = "'failed'";
      lines[key + "ended_at"] = lines.at(key + "armed_at");
      const errors::Failure failure(errors::ExitCode::kGeneric, kind, "do what was given up");
      lines[key + "error"] = "'" + failure.to_json().dump() + "'";
    }
  };
  return {"failed " + kind + " by hand", "armed-before " + kind, change, {"recover"}};
}

// The same with a fault behind its last step: all that it did is undone. `undo_fails`: and then
// nothing is, at first.
Scenario undone(const Scenario& scenario, const std::vector<std::string>& faults, bool undo_fails) {
  Scenario other = scenario;
  other.name += undo_fails ? "_stuck" : "_undone";
  other.faults = faults;
  other.undo_fails = undo_fails;
  other.lives = {"recover", "boot recover"};
  other.tells_apply = false;
  if (undo_fails) other.lives.clear();
  other.lives_of_end = {"recover", "boot recover"};
  other.edits.clear();
  return other;
}

std::vector<Scenario> each_command() {
  return {{.name = "install",
           .packages = kOne,
           .prepare = nothing,
           .lives = kLosesPower,
           .edits = {given_up("stage-files"), given_up("place-files"), given_up("register-service"),
                     given_up("run-store-export")}},
          {.name = "enable",
           .told_from = "install",
           .packages = kOne,
           .prepare = installed,
           .command = Command::kEnable,
           .lives = kLosesPower,
           .edits = {{"clone", "armed-after start-service", cloned},
                     given_up("set-start-type"),
                     given_up("start-service")}},
          {.name = "uninstall",
           .told_from = "enable",
           .packages = kOne,
           .prepare = with_things_of_others,
           .command = Command::kUninstall,
           .lives_of_end = {"recover", "install enable"},
           .edits = {given_up("stop-service"), given_up("unregister-service"),
                     given_up("set-dependencies"), given_up("remove-files")}},
          {.name = "repair",
           .told_from = "enable",
           .packages = kOne,
           .prepare = damaged,
           .lives = kLosesPower,
           .lives_of_end = {"recover", "enable"}},
          {.name = "deletions_queued",
           .told_from = "install",
           .packages = kOne,
           .prepare = deletions_queued,
           .lives = kLosesPower,
           .edits = {given_up("take-back-deletions")}},
          {.name = "traced_uninstall",
           .told_from = "uninstall",
           .packages = kOne,
           .prepare = traced,
           .command = Command::kUninstall,
           .lives = kLosesPower,
           .lives_of_end = {"recover"}}};
}

// The five commands; and the two that change something over a version that no journal knows.
std::vector<Scenario> each_command_of_an_update() {
  return {{.name = "update_disable",
           .told_from = "enable",
           .packages = kTwo,
           .prepare = update_before(Command::kDisable),
           .command = Command::kDisable,
           .lives = kGoesOn},
          {.name = "update_update",
           .told_from = "update_disable",
           .packages = kTwo,
           .prepare = update_before(Command::kUpdate),
           .command = Command::kUpdate,
           .package = Room::kNew,
           .lives = kGoesOn,
           .lives_of_end = {"recover", "boot abandoned"}},
          {.name = "update_uninstall",
           .told_from = "update_update",
           .packages = kTwo,
           .prepare = update_before(Command::kUninstall),
           .command = Command::kUninstall,
           .lives = kGoesOn},
          {.name = "update_install",
           .told_from = "update_uninstall",
           .packages = kTwo,
           .prepare = update_before(Command::kInstall),
           .package = Room::kNew,
           .lives = kGoesOn,
           .lives_of_end = {"recover", "boot abandoned", "later abandoned", "enable"}},
          {.name = "update_enable",
           .told_from = "update_install",
           .packages = kTwo,
           .prepare = update_before(Command::kEnable),
           .command = Command::kEnable,
           .package = Room::kNew,
           .lives = kGoesOn,
           .lives_of_end = {"recover", "dropped boot abandoned"}},
          {.name = "predecessor_update",
           .told_from = "update_update",
           .packages = kTwo,
           .prepare = predecessor_disabled,
           .command = Command::kUpdate,
           .package = Room::kNew,
           .edits = {given_up("write-registry"), given_up("preserve-installation")}},
          {.name = "predecessor_install",
           .told_from = "predecessor_update",
           .packages = kTwo,
           .prepare = predecessor_uninstalled,
           .package = Room::kNew}};
}

// The flush behind the last step fails.
std::vector<Scenario> each_undone(const std::vector<Scenario>& scenarios) {
  static const std::vector<std::string> kFlushTwice{"uninstall",          "traced_uninstall",
                                                    "update_update",      "update_install",
                                                    "predecessor_update", "predecessor_install"};
  std::vector<Scenario> all;
  for (const Scenario& scenario : scenarios) {
    if (scenario.name == "update_uninstall") continue;  // it has nothing to do
    const bool twice = std::ranges::find(kFlushTwice, scenario.name) != kFlushTwice.end();
    const std::string fault = twice ? "system.flush#2:fail=5" : "system.flush#1:fail=5";
    if (scenario.name != "predecessor_install") all.push_back(undone(scenario, {fault}, false));
    all.push_back(undone(scenario, {fault}, true));
    if (scenario.name != "update_update") continue;
    all.push_back(undone(scenario, {"system.flush#1:fail=5"}, true));  // in arm-recovery itself
    all.back().name = "update_arming_stuck";
  }
  return all;
}

std::vector<Scenario> each_with_failures() {
  return {{.name = "install_with_failures",
           .told_from = "install",
           .packages = kOne,
           .prepare = nothing,
           .faults = {"registry.set#1:fail=5", "registry.set#2:fail=5", "tasks.put#1:fail=5",
                      "processes.run#1:fail=5", "system.flush#1:fail=5"},
           .lives = {"recover"},
           .tells_apply = false},
          {.name = "uninstall_with_failures",
           .told_from = "enable",
           .packages = kOne,
           .prepare = enabled,
           .command = Command::kUninstall,
           .faults = {"tasks.put#1:fail=5", "tasks.set_enabled#1:fail=5",
                      "registry.remove_value#1:fail=5", "registry.set#1:fail=5",
                      "registry.remove_value#2:fail=5", "tasks.remove#1:fail=5",
                      "services.start#1:fail=5", "system.flush#1:fail=5", "system.flush#2:fail=5"},
           .lives = {"recover"},
           .tells_apply = false},
          {.name = "traced_uninstall_with_failures",
           .told_from = "uninstall",
           .packages = kOne,
           .prepare = traced,
           .command = Command::kUninstall,
           .faults = {"data_collectors.stop#1:fail=5"},
           .lives = {"recover"},
           .tells_apply = false},
          {.name = "disable_with_failures",
           .told_from = "enable",
           .packages = kOne,
           .prepare = enabled_and_armed,
           .command = Command::kDisable,
           .faults = {"tasks.set_enabled#3:fail=5"},
           .lives = {"recover"},
           .lives_of_end = {"recover", "enable"}}};
}

std::vector<Scenario> each_special_situation() {
  return {{.name = "recover",
           .told_from = "install",
           .packages = kOne,
           .prepare = killed,
           .command = Command::kRecover,
           .lives = kAfterUndo},
          {.name = "inconsistent",
           .told_from = "install",
           .packages = kOne,
           .prepare = nearly_inconsistent,
           .command = Command::kRecover,
           .lives_of_end = {"recover", "enable", "mended install", "mended uninstall"}},
          {.name = "reboot_needed",
           .told_from = "enable",
           .packages = kOne,
           .prepare = hanging,
           .command = Command::kDisable,
           .lives = {},
           .lives_of_end = {"recover", "mended boot recover", "again"}},
          {.name = "update_hanging",
           .told_from = "update_install",
           .packages = kTwo,
           .prepare = update_hanging,
           .command = Command::kEnable,
           .package = Room::kNew,
           .lives = {},
           .lives_of_end = {"recover", "mended boot recover", "enable"}},
          {.name = "update_hanging_in_recovery",
           .told_from = "update_install",
           .packages = kTwo,
           .prepare = update_hanging_in_recovery,
           .command = Command::kRecover,
           .package = Room::kNew,
           .lives = {},
           .lives_of_end = {"recover", "mended boot recover"}},
          {.name = "uninstall_due",
           .told_from = "enable",
           .packages = kOne,
           .prepare = not_stopping,
           .command = Command::kUninstall,
           .lives = {},
           .lives_of_end = {"recover", "boot abandoned", "mended boot abandoned", "install"}},
          {.name = "taken_over",
           .told_from = "enable",
           .packages = kOne,
           .prepare = without_a_journal,
           .command = Command::kRecover,
           .lives_of_end = {"recover", "install", "uninstall"}}};
}

std::vector<Scenario> each_refused() {
  return {{.name = "refused_update",
           .told_from = "update_disable",
           .packages = kTwo,
           .prepare = package_of_update_damaged,
           .command = Command::kUpdate,
           .package = Room::kNew,
           .lives = kAfterUndo},
          {.name = "refused_repair",
           .told_from = "install",
           .packages = kOne,
           .prepare = package_damaged,
           .lives_of_end = {"recover", "enable"}}};
}

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all = each_command();
  for (Scenario& scenario : each_command_of_an_update())
    all.push_back(std::move(scenario));
  for (auto& some :
       {each_undone(all), each_with_failures(), each_special_situation(), each_refused()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

}  // namespace

std::span<const Scenario> scenarios() {
  static const std::vector<Scenario> kScenarios = all_scenarios();
  return kScenarios;
}

const Scenario& scenario_of(const std::string& name) {
  const auto all = scenarios();
  const auto found = std::ranges::find(all, name, &Scenario::name);
  if (found == all.end()) throw std::runtime_error("no scenario " + name);
  return *found;
}

void run(const Scenario& scenario, const Room& room) {
  Injection injection(scenario.faults, scenario.undo_fails);
  room.vm().run(scenario.command, room.package(scenario.package), &injection);
  if (const std::string missed = injection.missed(); !missed.empty())
    throw std::runtime_error(scenario.name + ": these faults did not happen:" + missed);
}

lab::Film film_of(const Scenario& scenario, Room& room) {
  Injection injection(scenario.faults, scenario.undo_fails);
  lab::Film film(room.vm(), room.camera(),
                 lab::Vm::request(scenario.command, room.package(scenario.package)), &injection);
  if (const std::string missed = injection.missed(); !missed.empty())
    throw std::runtime_error(scenario.name + ": these faults did not happen:" + missed);
  return film;
}

}  // namespace golden
