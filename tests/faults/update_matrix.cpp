#include "tests/faults/update_matrix.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "actions/machine/fault_tap.h"
#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/faults/stopwatch.h"

namespace faults {

using engine::Command;
using lab::Package;
using lab::Vm;

namespace {

const char* name_of(Life life) {
  switch (life) {
    case Life::kGoesOn:
      return "the agent goes on";
    case Life::kNobodyComes:
      return "nobody comes, the VM boots";
    case Life::kRemoved:
      return "disable and uninstall";
  }
  return "unknown";
}

// Of a best-effort step that failed the machine shows it, and the journal says so.
bool gave_something_up(const Vm& vm) {
  const auto steps = vm.steps(vm.last_transaction()->id);
  return std::any_of(steps.begin(), steps.end(), [](const journal::Step& step) {
    return !step.vital && (step.state == journal::StepState::kFailed ||
                           step.state == journal::StepState::kUndoFailed);
  });
}

bool is_undoing(const Vm& vm) {
  journal::Reader reader(vm.journal_path().string());
  const auto operation = reader.open_operation();
  return operation && operation->state == journal::OperationState::kUndoing;
}

}  // namespace

void UpdateMatrix::SetUp() {
  must(base_, Command::kInstall, old_);
  must(base_, Command::kEnable, old_);
  base_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  old_running_ = base_.snapshot();
  const Vm whole = base_.copy_to(folder_.path() / "whole");
  must(whole, sequence_from(Command::kDisable));
  new_running_ = whole.snapshot();
  must(whole, Command::kDisable, new_);
  must(whole, Command::kUninstall, new_);
  gone_ = whole.snapshot();
  for (const auto& [command, package] : sequence_from(Command::kDisable)) {
    if (command == GetParam()) break;
    must(base_, command, *package);
  }
  found_ = base_.snapshot();
  known_before_ = base_.last_transaction()->id;
  const Vm counted = base_.copy_to(folder_.path() / "counted");
  machine::FaultTap tap(std::nullopt);
  counted.run(GetParam(), package(), &tap);
  calls_ = tap.calls();
}

UpdateMatrix::Sequence UpdateMatrix::sequence_from(Command first) const {
  const Sequence whole{{Command::kDisable, &old_},
                       {Command::kUpdate, &new_},
                       {Command::kUninstall, &old_},
                       {Command::kInstall, &new_},
                       {Command::kEnable, &new_}};
  const auto from = std::find_if(whole.begin(), whole.end(),
                                 [first](const auto& row) { return row.first == first; });
  return {from, whole.end()};
}

// A failing uninstall(old) is followed by update(new) once more.
UpdateMatrix::Sequence UpdateMatrix::retry() const {
  return sequence_from(GetParam() == Command::kUninstall ? Command::kUpdate : GetParam());
}

const Package& UpdateMatrix::package() const { return *sequence_from(GetParam()).front().second; }

void UpdateMatrix::must(const Vm& vm, Command command, const Package& package) const {
  const engine::Reply reply = vm.run(command, package);
  EXPECT_EQ(static_cast<int>(reply.code), 0)
      << engine::row(command).name << ": " << reply.lines.front() << "\n"
      << vm.journal_text();
}

void UpdateMatrix::must(const Vm& vm, const Sequence& sequence) const {
  for (const auto& [command, package] : sequence)
    must(vm, command, *package);
}

std::string UpdateMatrix::settled(const Vm& vm) {
  journal::Reader reader(vm.journal_path().string());
  return reader.meta("settled_version").value_or("");
}

void UpdateMatrix::expect_equal(const Vm& vm, const std::string& wanted,
                                const std::string& what) const {
  const std::string found = vm.snapshot();
  EXPECT_TRUE(found == wanted)
      << what << "\n"
      << vm.journal_text() << "\nwanted -> found:\n"
      << nlohmann::json::diff(nlohmann::json::parse(wanted), nlohmann::json::parse(found)).dump(2);
}

void UpdateMatrix::live(const Vm& vm, Life life, bool booted) const {
  switch (life) {
    case Life::kGoesOn:
      must(vm, sequence_from(GetParam()));
      EXPECT_EQ(settled(vm), new_.version());
      return;
    case Life::kNobodyComes:
      if (!booted) vm.reboot();
      EXPECT_EQ(static_cast<int>(vm.recover_abandoned().code), 0) << vm.journal_text();
      EXPECT_NE(settled(vm), "");
      return;
    case Life::kRemoved: {
      const Package& package = GetParam() == Command::kDisable ? old_ : new_;
      must(vm, Command::kDisable, package);
      must(vm, Command::kUninstall, package);
      EXPECT_EQ(settled(vm), "");
      return;
    }
  }
}

void UpdateMatrix::run_kill(const Case& at) const {
  const Vm vm = base_.copy_to(folder_.path() / "case");
  machine::FaultTap tap(machine::fault_from(at.fault));
  const int code = vm.run_in_child(GetParam(), package(), &tap);
  // A call that fails by itself has no "after".
  EXPECT_TRUE(code == -SIGKILL || (code == 0 && at.fault.ends_with("kill-after"))) << at.fault;
  if (at.seed) vm.power_cut(*at.seed);
  live(vm, at.life, at.seed.has_value());
  const std::string version = settled(vm);
  const std::string& wanted = version.empty()             ? gone_
                              : version == old_.version() ? old_running_
                                                          : new_running_;
  expect_equal(vm, wanted, "settled is '" + version + "'");
}

bool UpdateMatrix::run_failure(const std::string& fault) const {
  const Vm vm = base_.copy_to(folder_.path() / "case");
  machine::FaultTap tap(machine::fault_from(fault));
  const std::int64_t begun = vm.clock_ms();
  const engine::Reply reply = vm.run(GetParam(), package(), &tap);
  if (!tap.happened()) return false;
  EXPECT_LT(vm.clock_ms() - begun, engine::row(GetParam()).agent_limit_ms)
      << "the agent would have killed it\n"
      << vm.journal_text();
  const int code = static_cast<int>(reply.code);
  code == 0 ? succeeded(vm) : failed(vm, code, fault);
  return true;
}

void UpdateMatrix::succeeded(const Vm& vm) const {
  const auto last = vm.last_transaction();
  EXPECT_EQ(journal::outcome(*last), "committed") << vm.journal_text();
  Sequence rest = sequence_from(GetParam());
  // What was given up, or could not be tidied away behind the commit, is the next enable's.
  const bool again = GetParam() == Command::kEnable || gave_something_up(vm);
  if (!again) rest.erase(rest.begin());
  must(vm, rest);
  expect_equal(vm, new_running_, "the command succeeded, and the agent went on");
}

void UpdateMatrix::failed(const Vm& vm, int code, const std::string& fault) const {
  const auto last = vm.last_transaction();
  const bool recorded = last->id > known_before_;
  if (recorded) {
    EXPECT_EQ(static_cast<int>(errors::Failure::from_json(last->cause).code()), code)
        << vm.journal_text();
  }
  const bool hang = fault.find("=") != std::string::npos && fault.find("fail") == std::string::npos;
  if (hang && is_undoing(vm)) {  // what did not fit
    const engine::Reply recovery = vm.run(Command::kRecover, new_);
    EXPECT_EQ(static_cast<int>(recovery.code), 0) << recovery.lines.front() << vm.journal_text();
  }
  // Without a journal nobody knows of the update: it waits for the next command.
  if (!recorded) {
    expect_equal(vm, found_, "the command failed before it could read the journal");
    must(vm, sequence_from(GetParam()));
    expect_equal(vm, new_running_, "the agent went on");
    return;
  }
  expect_equal(vm, old_running_, "the command failed");
  retried(vm, code);
}

void UpdateMatrix::retried(const Vm& vm, int code) const {
  std::string sequence_number = "0";
  if (GetParam() == Command::kEnable) {
    const engine::Reply again = vm.run(Command::kEnable, new_);
    if (static_cast<int>(again.code) != 0) {
      EXPECT_EQ(static_cast<int>(again.code), code) << again.lines.front() << vm.journal_text();
      expect_equal(vm, old_running_, "enable repeated its failure");
      sequence_number = "1";
    }
  }
  for (const auto& [command, package] : retry()) {
    const engine::Reply reply = vm.run(command, *package, nullptr, sequence_number);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << vm.journal_text();
  }
  expect_equal(vm, new_running_, "the agent tried again");
}

void UpdateMatrix::run_all(const std::vector<Case>& cases, const std::string& what) const {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const Stopwatch stopwatch;
  std::int64_t made = 0;
  for (const Case& at : cases) {
    const int told = test->result()->total_part_count();
    if (at.is_kill()) {
      run_kill(at);
      ++made;
    } else if (run_failure(at.fault)) {
      ++made;
    }
    if (test->result()->total_part_count() == told) continue;
    std::cout << "[ case     ] " << at.fault << (at.seed ? ", power cut" : "")
              << (at.is_kill() ? std::string(", then ") + name_of(at.life) : "") << "\nrepeat: "
              << "EBPF_FAULT=" << at.fault
              << (at.seed ? " EBPF_SEED=" + std::to_string(*at.seed) : "")
              << " build/debug/bin/fault_tests --gtest_filter='" << test->test_suite_name() << "."
              << test->name() << "'\n";
    if (!goes_on()) break;
  }
  EXPECT_GT(made, 0);
  std::cout << "[ matrix   ] update, " << engine::row(GetParam()).name << ": " << calls_
            << " calls, " << made << " " << what << ", " << stopwatch.seconds() << " s\n";
}

std::vector<std::string> UpdateMatrix::faults(std::int64_t step,
                                              const std::vector<std::string>& kinds) const {
  if (const char* only = std::getenv("EBPF_FAULT")) return {only};
  std::vector<std::string> all;
  for (std::int64_t call = 1; call <= calls_; call += step) {
    if (step == 1) {
      for (const std::string& kind : kinds)
        all.push_back(std::to_string(call) + ":" + kind);
    } else {
      all.push_back(std::to_string(call) + ":" + kinds[all.size() % kinds.size()]);
    }
  }
  return all;
}

namespace {

std::vector<Life> lives(std::size_t turn, bool all) {
  if (all) return {Life::kGoesOn, Life::kNobodyComes, Life::kRemoved};
  return {static_cast<Life>(turn % kLives)};
}

std::vector<std::uint64_t> seeds(std::size_t turn, bool all) {
  if (const char* only = std::getenv("EBPF_SEED")) return {std::stoull(only)};
  constexpr std::uint64_t kPrime = 7919;
  const std::uint64_t a_part = 2 + turn * kPrime;
  if (all) return {0, 1, a_part, a_part + 1};
  const std::vector<std::uint64_t> turns{0, a_part, 1, a_part};
  return {turns[turn % turns.size()]};
}

}  // namespace

void UpdateMatrix::pass_kills(std::int64_t step, bool all) const {
  const bool every = all || std::getenv("EBPF_FAULT") != nullptr;
  std::vector<Case> cases;
  std::size_t turn = 0;
  for (const std::string& fault : faults(step, {"kill-before", "kill-after"})) {
    for (const Life life : lives(turn++, every))
      cases.push_back({fault, std::nullopt, life});
  }
  run_all(cases, "kills");
}

void UpdateMatrix::pass_power_cuts(std::int64_t step, bool all) const {
  const bool every = all || std::getenv("EBPF_FAULT") != nullptr;
  std::vector<Case> cases;
  std::size_t turn = 0;
  for (const std::string& fault : faults(step, {"kill-before", "kill-after"})) {
    for (const std::uint64_t seed : seeds(turn, every)) {
      for (const Life life : lives(turn, every))
        cases.push_back({fault, seed, life});
    }
    ++turn;
  }
  run_all(cases, "power cuts");
}

void UpdateMatrix::pass_failures(std::int64_t step) const {
  std::vector<Case> cases;
  for (const std::string& fault : faults(step, {"fail=5", "fail-after=5"}))
    cases.push_back({fault, std::nullopt, Life::kGoesOn});
  run_all(cases, "failures");
}

void UpdateMatrix::pass_hangs(std::int64_t step) const {
  std::vector<Case> cases;
  for (const std::string& fault : faults(step, {"takes=70", "slow=1"}))
    cases.push_back({fault, std::nullopt, Life::kGoesOn});
  run_all(cases, "hangs");
}

}  // namespace faults
