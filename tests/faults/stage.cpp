#include <gtest/gtest.h>

#include <algorithm>

#include "actions/machine/paths.h"
#include "tests/faults/scenario.h"

// A fork copies the page tables: what the sanitizer keeps of freed memory makes it slow.
// NOLINTBEGIN(readability-identifier-naming): the sanitizer names it
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "quarantine_size_mb=4"; }
// NOLINTEND(readability-identifier-naming)

namespace faults {

using engine::Command;
using lab::Vm;

nlohmann::json picture(const Vm& vm) {
  nlohmann::json all = vm.snapshot_json();
  const std::filesystem::path drive = vm.folder() / "C";
  const std::set<std::string> with_their_own_rules{"ProgramData/EbpfForWindows",
                                                   "WindowsAzure/ProxyAgent/Logs"};
  std::set<std::string> folders;
  for (auto at = std::filesystem::recursive_directory_iterator(drive);
       at != std::filesystem::recursive_directory_iterator(); ++at) {
    if (!at->is_directory()) continue;
    const std::string path = at->path().lexically_relative(drive).string();
    if (with_their_own_rules.contains(path)) {
      at.disable_recursion_pending();
    } else {
      folders.insert(path);
    }
  }
  all["folders"] = folders;
  const auto machine = nlohmann::json::parse(lab::read_file(vm.folder() / "machine.json"));
  for (const auto& [folded, record] : machine.at("services").items()) {
    nlohmann::json& service = all["services"][record.at("name").get<std::string>()];
    service["marked"] = record.at("marked");
    for (const char* field : {"description", "error_control", "delayed_start"})
      service[field] = record.at("config").at(field);
  }
  return all;
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

namespace {

struct Counter final : machine::Tap {
  void before(const machine::Call&) override { without_end.insert(++calls); }
  void after(const machine::Call&) override { without_end.erase(calls); }
  std::int64_t calls = 0;
  std::set<std::int64_t> without_end;
};

}  // namespace

Stage::Stage(const Scenario& scenario) : scenario_(scenario) {
  base_.emplace(Vm::create(folder_.path() / "base"));
  package_.emplace(folder_.path() / "agent", scenario.payload);
  scenario.prepare(*base_, *package_);
  before_ = picture(*base_);
  const bool recovers = scenario.command == Command::kRecover;
  const auto last = base_->last_transaction();
  known_before_ = !last ? 0 : recovers ? last->id - 1 : last->id;

  clean_code_ = fresh_copy().run_in_child(scenario.command, *package_, nullptr);
  const Vm counted = fresh_copy();
  Counter counter;
  counted.run(scenario.command, *package_, &counter);
  calls_ = counter.calls;
  throwing_ = counter.without_end;
  after_ = picture(counted);
  if (recovers) before_ = after_;  // it begins on a machine that is between the two
  if (named_by(counted.last_transaction(), known_before_) == Named::kBefore) after_ = before_;
}

Vm Stage::fresh_copy() { return base_->copy_to(folder_.path() / "case"); }

std::string Stage::told(const Vm& vm, const std::string& fault) const {
  return "scenario " + scenario_.name + ", fault " + fault + "\n" + vm.journal_text() +
         "repeat: build/debug/bin/fault_tests --gtest_filter='*/" + scenario_.name +
         "' with EBPF_FAULT=" + fault;
}

namespace {

bool is_store(const std::string& key) { return key.find("eBPF\\Providers") != std::string::npos; }

// The folders that a step could not remove, and says so.
void forget_left_folders(const journal::Step& step, nlohmann::json& json) {
  if (step.kind != "remove-files" || step.state != journal::StepState::kDone) return;
  nlohmann::json others = nlohmann::json::array();
  for (const auto& folder : json.at("folders")) {
    const std::string path = "C:/" + folder.get<std::string>();
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

// What a boot changes by itself.
nlohmann::json at_rest(nlohmann::json json) {
  for (auto& [name, service] : json["services"].items())
    service.erase("state");
  json.erase("pending_reboot");
  return json;
}

}  // namespace

bool Stage::is_before(const Vm& vm) const {
  const Named named = named_by(vm.last_transaction(), known_before_);
  return (named == Named::kBefore || named == Named::kNothing) && picture(vm) == before_;
}

void Stage::check_booted(const Vm& vm, const std::string& fault) {
  const Named named = named_by(vm.last_transaction(), known_before_);
  EXPECT_NE(named, Named::kOpen) << told(vm, fault);
  const nlohmann::json wanted = at_rest(named == Named::kAfter ? after_ : before_);
  const nlohmann::json found = at_rest(picture(vm));
  EXPECT_TRUE(found == wanted) << "not as the journal names it\n"
                               << told(vm, fault) << "\nwanted -> found:\n"
                               << nlohmann::json::diff(wanted, found).dump(2);
  if (after_a_boot_.is_null()) {
    const Vm booted = base_->copy_to(folder_.path() / "booted");
    booted.reboot();
    booted.run(scenario_.command, *package_);
    after_a_boot_ = picture(booted);
  }
  const int code = static_cast<int>(vm.run(scenario_.command, *package_).code);
  EXPECT_EQ(code, clean_code_) << "given once more\n" << told(vm, fault);
  const nlohmann::json again = picture(vm);
  EXPECT_TRUE(again == after_a_boot_) << "given once more\n"
                                      << told(vm, fault) << "\nwanted -> found:\n"
                                      << nlohmann::json::diff(after_a_boot_, again).dump(2);
}

bool Stage::check(const Vm& vm, const std::string& fault, bool ended) const {
  const Named named = named_by(vm.last_transaction(), known_before_);
  if (named == Named::kOpen) {
    EXPECT_FALSE(ended) << "still open after recovery\n" << told(vm, fault);
    return false;
  }
  const nlohmann::json found = picture(vm);
  const nlohmann::json& wanted = named == Named::kAfter ? after_ : before_;
  if (found == wanted) return true;
  if (named == Named::kAfter &&
      with_what_is_recorded(vm, wanted, before_) == with_what_is_recorded(vm, found, found)) {
    return true;
  }
  const char* name = named == Named::kAfter    ? "after"
                     : named == Named::kBefore ? "before"
                                               : "nothing begun";
  ADD_FAILURE() << "not as the journal names it (" << name << ")\n"
                << told(vm, fault) << "\nwanted -> found:\n"
                << nlohmann::json::diff(wanted, found).dump(2);
  return true;
}

void Stage::check_code(const Vm& vm, const std::string& fault, int code) const {
  const Named named = named_by(vm.last_transaction(), known_before_);
  const bool recovers = scenario_.command == Command::kRecover;
  const bool done = named == Named::kAfter || (recovers && named == Named::kBefore);
  EXPECT_EQ(code == 0, done) << "exit code " << code << "\n" << told(vm, fault);
}

void Stage::recover(const Vm& vm, const std::string& fault) const {
  const engine::Reply reply = vm.run(Command::kRecover, *package_);
  EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << "\n" << told(vm, fault);
}

}  // namespace faults
