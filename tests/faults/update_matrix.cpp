#include "tests/faults/update_matrix.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>

#include "actions/machine/fault_observer.h"
#include "actions/machine/machine.h"
#include "actions/machine/tasks.h"
#include "engine/product/places.h"
#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/faults/scenario.h"
#include "tests/lab/same_machine.h"

namespace faults {

using engine::commands::Command;
using lab::Package;
using lab::Photograph;

namespace {

constexpr std::array kLives{Life::kGoesOn, Life::kNobodyComes, Life::kRemoved};

const char* name_of(Life life) {
  switch (life) {
    case Life::kGoesOn:
      return "the VM Agent goes on";
    case Life::kNobodyComes:
      return "nobody comes, the VM boots";
    case Life::kRemoved:
      return "disable and uninstall";
  }
  return "unknown";
}

}  // namespace

// Of a best-effort step that failed the machine shows it, and the journal says so.
bool UpdateMatrix::gave_something_up() const {
  const auto steps = vm_.steps(vm_.last_transaction()->id);
  return std::any_of(steps.begin(), steps.end(), [](const journal::Step& step) {
    return !step.vital && (step.state == journal::StepState::kFailed ||
                           step.state == journal::StepState::kUndoFailed);
  });
}

bool UpdateMatrix::is_undoing() const {
  journal::Reader reader(vm_.journal_path().string());
  const auto operation = reader.open_operation();
  return operation && operation->state == journal::OperationState::kUndoing;
}

std::vector<std::filesystem::path> UpdateMatrix::written_folders() const {
  std::vector<std::filesystem::path> folders = old_.written_folders();
  for (const auto& folder : new_.written_folders())
    folders.push_back(folder);
  return folders;
}

void UpdateMatrix::SetUp() {
  lab::must(vm_, Command::kInstall, old_);
  lab::must(vm_, Command::kEnable, old_);
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  old_running_ = vm_.snapshot();
  const Photograph running = camera_.take();
  lab::must(vm_, update_.all());
  new_running_ = vm_.snapshot();
  lab::must(vm_, Command::kDisable, new_);
  lab::must(vm_, Command::kUninstall, new_);
  gone_ = vm_.snapshot();
  camera_.restore(running);
  lab::must(vm_, update_.before(GetParam()));
  found_ = vm_.snapshot();
  known_before_ = vm_.last_transaction()->id;
  base_ = camera_.take();
  film_.emplace(vm_, camera_, lab::Vm::request(GetParam(), package()));
}

// A failing uninstall(old) is followed by update(new) once more.
std::vector<lab::Call> UpdateMatrix::retry() const {
  return update_.from(GetParam() == Command::kUninstall ? Command::kUpdate : GetParam());
}

std::string UpdateMatrix::settled() const {
  journal::Reader reader(vm_.journal_path().string());
  return reader.meta("settled_version").value_or("");
}

void UpdateMatrix::expect_equal(const std::string& wanted, const std::string& what) const {
  const std::string found = vm_.snapshot();
  EXPECT_TRUE(lab::same_machine(wanted, found)) << what << "\n" << vm_.journal_text();
}

void UpdateMatrix::live(Life life, bool booted) const {
  switch (life) {
    case Life::kGoesOn:
      lab::must(vm_, update_.from(GetParam()));
      EXPECT_EQ(settled(), new_.version());
      return;
    case Life::kNobodyComes:
      if (!booted) vm_.reboot();
      if (vm_.machine()->tasks().get(engine::product::kRecoveryTask)) {
        EXPECT_EQ(static_cast<int>(vm_.recover_abandoned().code), 0) << vm_.journal_text();
      }
      EXPECT_NE(settled(), "");
      return;
    case Life::kRemoved: {
      const Package& package = GetParam() == Command::kDisable ? old_ : new_;
      lab::must(vm_, Command::kDisable, package);
      lab::must(vm_, Command::kUninstall, package);
      EXPECT_EQ(settled(), "");
      return;
    }
  }
}

// Each life of a machine, and what it must have led to.
void UpdateMatrix::live_all(const Photograph& machine, bool booted, const std::string& fault) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  for (const Life life : kLives) {
    if (!goes_on()) return;
    const int told = test->result()->total_part_count();
    camera_.restore(machine);
    live(life, booted);
    const std::string version = settled();
    const std::string& wanted = version.empty()             ? gone_
                                : version == old_.version() ? old_running_
                                                            : new_running_;
    expect_equal(wanted, "settled is '" + version + "'");
    ++cases_;
    if (test->result()->total_part_count() == told) continue;
    std::cout << "[ case     ] " << fault << ", then " << name_of(life)
              << "\nrepeat: EBPF_FAULT=" << fault
              << " " EBPF_TEST_BIN "/fault_tests --gtest_filter='" << test->test_suite_name() << "."
              << test->name() << "'\n";
  }
}

bool UpdateMatrix::run_failure(const std::string& fault) {
  camera_.restore(base_);
  machine::FaultObserver observer(machine::fault_from(fault));
  const std::int64_t begun = vm_.clock_ms();
  const engine::handler::Reply reply = vm_.run(GetParam(), package(), &observer);
  if (!observer.happened()) return false;
  EXPECT_LT(vm_.clock_ms() - begun, engine::commands::row(GetParam()).vm_agent_limit_ms)
      << "the VM Agent would have killed it\n"
      << vm_.journal_text();
  const int code = static_cast<int>(reply.code);
  code == 0 ? succeeded() : failed(code, fault);
  return true;
}

void UpdateMatrix::succeeded() const {
  const auto last = vm_.last_transaction();
  EXPECT_EQ(journal::outcome(*last), "committed") << vm_.journal_text();
  std::vector<lab::Call> rest = update_.from(GetParam());
  // The next enable makes up for a step that was given up, or a cleanup that failed after the
  // commit.
  const bool again = GetParam() == Command::kEnable || gave_something_up();
  if (!again) rest.erase(rest.begin());
  lab::must(vm_, rest);
  expect_equal(new_running_, "the command succeeded, and the VM Agent went on");
}

void UpdateMatrix::failed(int code, const std::string& fault) const {
  const auto last = vm_.last_transaction();
  const bool recorded = last->id > known_before_;
  if (recorded) {
    EXPECT_EQ(static_cast<int>(errors::Failure::from_json(last->cause).code()), code)
        << vm_.journal_text();
  }
  const bool hang = fault.find("=") != std::string::npos && fault.find("fail") == std::string::npos;
  if (hang && is_undoing()) {  // what did not fit
    const engine::handler::Reply recovery = vm_.run(Command::kRecover, new_);
    EXPECT_EQ(static_cast<int>(recovery.code), 0) << recovery.lines.front() << vm_.journal_text();
  }
  // Without a journal nobody knows of the update: it waits for the next command.
  if (!recorded) {
    expect_equal(found_, "the command failed before it could read the journal");
    lab::must(vm_, update_.from(GetParam()));
    expect_equal(new_running_, "the VM Agent went on");
    return;
  }
  expect_equal(old_running_, "the command failed");
  retried(code);
}

void UpdateMatrix::retried(int code) const {
  std::string sequence_number = "0";
  if (GetParam() == Command::kEnable) {
    const engine::handler::Reply again = vm_.run(Command::kEnable, new_);
    if (static_cast<int>(again.code) != 0) {
      EXPECT_EQ(static_cast<int>(again.code), code) << again.lines.front() << vm_.journal_text();
      expect_equal(old_running_, "enable repeated its failure");
      sequence_number = "1";
    }
  }
  for (const auto& [command, package] : retry()) {
    const engine::handler::Reply reply = vm_.run(command, *package, nullptr, sequence_number);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << vm_.journal_text();
  }
  expect_equal(new_running_, "the VM Agent tried again");
}

void UpdateMatrix::tell(Tally& tally, const char* what) const {
  EXPECT_GT(cases_, 0);
  tally.add("calls", film_->calls());
  tally.add("points", film_->points());
  tally.add("distinct machines", static_cast<std::int64_t>(film_->shots().size()));
  tally.add(what, cases_);
}

void UpdateMatrix::pass_kills() {
  Tally tally("update, " + std::string(engine::commands::row(GetParam()).name));
  Choice choice;
  for (const Shot& shot : film_->shots())
    if (choice.takes(shot.points)) live_all(shot.photograph, false, shot.points.front());
  tell(tally, "lives after a kill");
}

void UpdateMatrix::pass_power_cuts() {
  Tally tally("update, " + std::string(engine::commands::row(GetParam()).name));
  Choice choice;
  Seen seen;
  std::int64_t cuts = 0;
  const char* only = std::getenv("EBPF_SEED");
  for (const Shot& shot : film_->shots()) {
    if (!goes_on()) break;
    if (!choice.takes(shot.points)) continue;
    constexpr std::uint64_t kAll = 0;
    constexpr std::uint64_t kNothing = 1;
    const std::uint64_t a_part = 2 + 2 * static_cast<std::uint64_t>(cuts);
    for (const std::uint64_t turn : {kAll, kNothing, a_part, a_part + 1}) {
      if (turn != kNothing && !shot.photograph.has_unsynced()) continue;
      const std::uint64_t seed = only == nullptr ? turn : std::stoull(only);
      ++cuts;
      camera_.restore_without_power(shot.photograph, seed);
      vm_.power_cut(seed);
      const Photograph booted = camera_.take();
      if (!seen.is_new(booted)) continue;
      const std::string fault = shot.points.front() + " EBPF_SEED=" + std::to_string(seed);
      EXPECT_LE(running_versions(vm_).size(), 1U) << "at the boot, " << fault << "\n"
                                                  << vm_.journal_text();
      live_all(booted, true, fault);
    }
  }
  tally.add("power cuts", cuts);
  tell(tally, "lives after one");
}

void UpdateMatrix::pass(const std::vector<std::string>& always,
                        const std::vector<std::string>& where_it_matters, std::int64_t every,
                        bool everywhere, const char* what) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  Tally tally("update, " + std::string(engine::commands::row(GetParam()).name));
  Choice choice;
  const auto run_at = [&](std::int64_t call, const std::string& kind) {
    const std::string fault = std::to_string(call) + ":" + kind;
    if (!goes_on() || !choice.takes(fault)) return;
    const int told = test->result()->total_part_count();
    if (run_failure(fault)) ++cases_;
    if (test->result()->total_part_count() == told) return;
    std::cout << "[ case     ] " << fault << "\nrepeat: EBPF_FAULT=" << fault
              << " " EBPF_TEST_BIN "/fault_tests --gtest_filter='" << test->test_suite_name() << "."
              << test->name() << "'\n";
  };
  const bool all = std::getenv("EBPF_FAULT") != nullptr;
  std::int64_t mattering = 0;
  for (std::int64_t call = 1; call <= film_->calls(); ++call) {
    if (all || call % every == 0) {
      for (const std::string& kind : always)
        run_at(call, kind);
    }
    if (!all && !everywhere && !film_->matters(call)) continue;
    if (!all && mattering++ % every != 0) continue;
    for (const std::string& kind : where_it_matters)
      run_at(call, kind);
  }
  tell(tally, what);
}

void UpdateMatrix::pass_failures(std::int64_t every, bool everywhere) {
  pass({"fail=5"}, {"fail-after=5"}, every, everywhere, "failures");
}

void UpdateMatrix::pass_hangs(std::int64_t every, bool everywhere) {
  pass({}, {"takes=70", "slow=1"}, every, everywhere, "hangs");
}

}  // namespace faults
