#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/paths.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/vm_home.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "engine/product/meta.h"
#include "journal/reader.h"
#include "tests/faults/scenario.h"
#include "tests/lab/same_machine.h"

namespace faults {

using engine::commands::Command;
using lab::Vm;

nlohmann::json picture(const Vm& vm) {
  nlohmann::json all = vm.snapshot_json();
  const auto home = vm.home();
  std::set<std::string> folders;
  home->drive().walk([&folders](const machine::simulated::disk::Place& place) {
    const bool has_its_own_rules =
        machine::is_within(place.windows, R"(C:\ProgramData\EbpfForWindows)") ||
        machine::is_within(place.windows, R"(C:\WindowsAzure\ProxyAgent\Logs)");
    if (place.is_folder() && !has_its_own_rules) folders.insert(place.windows);
  });
  all["folders"] = folders;
  machine::simulated::Access access(*home);
  for (const auto& [folded, record] : access.state().services) {
    nlohmann::json& service = all["services"][record.name];
    service["marked"] = record.marked;
    service["description"] = record.config.description;
    service["error_control"] = record.config.error_control;
    service["delayed_start"] = record.config.delayed_start;
  }
  return all;
}

std::set<std::string> running_versions(const Vm& vm) {
  std::set<std::string> versions;
  const auto machine = vm.machine();
  for (const char* service : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
    const auto status = machine->services().status(service);
    if (!status || status->state != machine::ServiceState::kRunning) continue;
    const std::string image =
        machine::image_file(machine->services().config(service)->image,
                            machine->system().system_root(), machine->system().program_files());
    const auto version = machine->files().version(image);
    versions.insert(version ? version->product : image + " has no version");
  }
  return versions;
}

Named named_by(const std::optional<journal::Transaction>& transaction, std::int64_t known_before) {
  if (!transaction || transaction->id <= known_before) return Named::kNothing;
  const std::string_view outcome = journal::outcome(*transaction);
  if (outcome == "committed" || outcome == "recovered-after") return Named::kAfter;
  if (outcome == "undone" || outcome == "recovered-before" || outcome == "refused") {
    return Named::kBefore;
  }
  return Named::kOpen;
}

Stage::Stage(const Scenario& scenario)
    : scenario_(scenario),
      package_(folder_.path() / "extension", scenario.payload),
      camera_(vm_.memory(), package_.written_folders()) {
  scenario.prepare(vm_, package_);
  base_ = camera_.take();
  before_ = picture(vm_);
  const bool recovers = scenario.command == Command::kRecover;
  const auto last = vm_.last_transaction();
  known_before_ = !last ? 0 : recovers ? last->id - 1 : last->id;

  vm_.reboot();
  vm_.run(scenario.command, package_);
  after_a_boot_ = picture(vm_);

  reset();
  film_.emplace(vm_, camera_, lab::Vm::request(scenario.command, package_));
  after_ = picture(vm_);
  if (recovers) before_ = after_;  // it begins on a machine that is between the two
  if (named_by(vm_.last_transaction(), known_before_) == Named::kBefore) after_ = before_;
}

Film Stage::film_of(const engine::handler::Request& request) {
  reset();
  return {vm_, camera_, request};
}

void Stage::cut_power(const Shot& shot, std::uint64_t seed) {
  camera_.restore_without_power(shot.photograph, seed);
  vm_.power_cut(seed);
}

std::string Stage::told(const std::string& fault) const {
  return "scenario " + scenario_.name + ", fault " + fault + "\n" + vm_.journal_text() +
         "repeat: " EBPF_TEST_BIN "/fault_tests --gtest_filter='*/" + scenario_.name +
         "' with EBPF_FAULT=" + fault;
}

namespace {

bool is_store(const std::string& key) { return key.find("eBPF\\Providers") != std::string::npos; }

// The folders that a step could not remove, and says so.
void forget_left_folders(const journal::Step& step, nlohmann::json& json) {
  if (step.kind != "remove-files" || step.state != journal::StepState::kDone) return;
  nlohmann::json others = nlohmann::json::array();
  for (const auto& folder : json.at("folders")) {
    const auto path = folder.get<std::string>();
    const bool left = std::ranges::any_of(step.after.at("left"), [&path](const auto& name) {
      return machine::equal_paths(name.template get<std::string>(), path);
    });
    if (!left) others.push_back(folder);
  }
  json["folders"] = others;
}

// A best-effort step that failed is recorded as such, and undone alone: what it stands for is then
// as it was before. A service that it did not start, and a task that it did not enable, may be
// neither; one that is to go and stays is off. A folder that did not go is empty: all that was in
// it is compared.
nlohmann::json with_what_is_recorded(const Vm& vm, nlohmann::json json,
                                     const nlohmann::json& before) {
  for (const journal::Step& step : vm.steps(vm.last_transaction()->id)) {
    forget_left_folders(step, json);
    const bool gave_up =
        step.state == journal::StepState::kFailed || step.state == journal::StepState::kUndoFailed;
    if (!gave_up || step.vital) continue;
    if (step.kind.ends_with("-path")) {
      json["path"] = before.at("path");
    } else if (step.kind.ends_with("-netsh-helper")) {
      json["netsh"] = before.at("netsh");
    } else if (step.kind == "enable-task") {
      json["tasks"][step.target].erase("enabled");
    } else if (step.kind.ends_with("-task")) {
      json["tasks"].erase(step.target);
      if (!before.at("tasks").contains(step.target)) continue;
      json["tasks"][step.target] = before.at("tasks").at(step.target);
      json["tasks"][step.target].erase("enabled");  // off since the transaction began
    } else if (step.kind.find("-store-") != std::string::npos) {
      nlohmann::json registry = nlohmann::json::object();
      for (const auto& [key, values] : json["registry"].items()) {
        if (!is_store(key)) registry[key] = values;
      }
      for (const auto& [key, values] : before.at("registry").items()) {
        if (is_store(key)) registry[key] = values;
      }
      json["registry"] = registry;
    } else {
      json["services"][step.target].erase("state");
    }
  }
  return json;
}

// A service of others that the undo could not start again is named by the journal.
nlohmann::json without_not_started(const Vm& vm, nlohmann::json json) {
  journal::Reader reader(vm.journal_path().string());
  const auto named =
      nlohmann::json::parse(reader.meta(engine::product::meta::kNotStarted).value_or("[]"));
  for (const auto& service : named)
    json["services"][service.at("name").get<std::string>()].erase("state");
  return json;
}

// What a boot changes by itself.
nlohmann::json at_rest(nlohmann::json json) {
  for (auto& [name, service] : json["services"].items())
    service.erase("state");
  json.erase("pending_reboot");
  return json;
}

}  // namespace

bool Stage::is_before() const {
  const Named named = named_by(vm_.last_transaction(), known_before_);
  return (named == Named::kBefore || named == Named::kNothing) && picture(vm_) == before_;
}

void Stage::check_booted(const std::string& fault, const std::string& sequence) const {
  const Named named = named_by(vm_.last_transaction(), known_before_);
  EXPECT_NE(named, Named::kOpen) << told(fault);
  const nlohmann::json wanted = at_rest(named == Named::kAfter ? after_ : before_);
  const nlohmann::json found = at_rest(picture(vm_));
  EXPECT_TRUE(lab::same_machine(wanted, found)) << "not as the journal names it\n" << told(fault);
  const int code = static_cast<int>(vm_.run(scenario_.command, package_, nullptr, sequence).code);
  EXPECT_EQ(code, clean_code()) << "given once more\n" << told(fault);
  EXPECT_TRUE(lab::same_machine(after_a_boot_, picture(vm_))) << "given once more\n" << told(fault);
}

bool Stage::check(const std::string& fault, bool ended) const {
  const Named named = named_by(vm_.last_transaction(), known_before_);
  if (named == Named::kOpen) {
    EXPECT_FALSE(ended) << "still open after recovery\n" << told(fault);
    return false;
  }
  const nlohmann::json found = picture(vm_);
  const nlohmann::json& wanted = named == Named::kAfter ? after_ : before_;
  if (found == wanted) return true;
  if (named == Named::kAfter &&
      with_what_is_recorded(vm_, wanted, before_) == with_what_is_recorded(vm_, found, found)) {
    return true;
  }
  if (named == Named::kBefore &&
      without_not_started(vm_, wanted) == without_not_started(vm_, found)) {
    return true;
  }
  const char* name = named == Named::kAfter    ? "after"
                     : named == Named::kBefore ? "before"
                                               : "nothing begun";
  EXPECT_TRUE(lab::same_machine(wanted, found)) << "not as the journal names it (" << name << ")\n"
                                                << told(fault);
  return true;
}

void Stage::check_code(const std::string& fault, int code) const {
  const Named named = named_by(vm_.last_transaction(), known_before_);
  const bool recovers = scenario_.command == Command::kRecover;
  const bool done = named == Named::kAfter || (recovers && named == Named::kBefore);
  EXPECT_EQ(code == 0, done) << "exit code " << code << "\n" << told(fault);
}

void Stage::recover(const std::string& fault) const {
  const engine::handler::Reply reply = vm_.run(Command::kRecover, package_);
  EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << "\n" << told(fault);
}

}  // namespace faults
