// `doctor`: commands that run, died, wait for a boot or were given up, and the recovery task.
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/machine/files.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "journal/lock.h"
#include "tests/engine/support/doctor_bench.h"

namespace engine {
namespace {

using commands::Command;
using lab::cured;
using lab::doctor;
using support::Checked;
using support::Checkup;
using support::Mark;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kRecovery = R"(\eBPF for Windows\recovery)";

TEST_F(Doctor, A_command_that_was_killed_is_told_with_how_far_it_came_and_recover_ends_it) {
  must(Command::kInstall);
  killed(Command::kEnable, "services.start#2:kill-after");
  const Checkup seen = checkup();
  const Checked open = on(seen, "transaction 2");
  EXPECT_EQ(open.mark, Mark::kTrouble);
  EXPECT_THAT(open.text, HasSubstr("enable 1.0.0"));
  EXPECT_THAT(open.text, HasSubstr("open"));
  EXPECT_THAT(open.advice.commands, ElementsAre(package_.program() + " recover"));
  EXPECT_THAT(on(seen, "transaction 2's steps").text, ContainsRegex("[2-9] of 8 begun"));
  expect_cured();
  expect_all_running();
}

// Whatever a command that died has left, doctor tells of it, and its advice leads out.
TEST_F(DoctorInUpdate, Behind_a_command_that_died_anywhere_it_is_trouble_that_advice_ends) {
  struct Case {
    Command command;
    const char* at;
  };
  for (const Case& died : {Case{Command::kUpdate, "tasks.put#1:kill-after"},
                           Case{Command::kUpdate, "journal.commit#2:kill-after"},
                           Case{Command::kInstall, "files.rename#3:kill-after"},
                           Case{Command::kInstall, "services.change#1:kill-before"},
                           Case{Command::kEnable, "services.start#2:kill-after"},
                           Case{Command::kEnable, "journal.commit#9:kill-before"}}) {
    SCOPED_TRACE(std::string(commands::row(died.command).name) + " " + died.at);
    const lab::Vm vm =
        vm_.copy_to(folder_.path() / (std::string("vm-") + std::to_string(++copies_)));
    lab::must(vm, update_.before(died.command));
    machine::FaultObserver observer(machine::fault_from(died.at));
    ASSERT_LT(vm.run_in_child(died.command, fresh_, &observer), 0);  // a signal ended it
    const Checkup seen = doctor(vm, package_);
    EXPECT_THAT(not_well(seen), testing::Contains(ContainsRegex("^trouble (transaction|update)")))
        << checkup_text(seen);
    cured(vm, package_);
    // Nobody goes on with the update.
    vm.machine()->system().wait_ms(commands::kAbandonedAfterMinutes * 60'000LL);
    const Checkup after = cured(vm, package_);  // but the update has yet to be deployed again
    EXPECT_THAT(not_well(after), ElementsAre("trouble the last command")) << checkup_text(after);
    EXPECT_TRUE(lab::same_machine(before_, vm.snapshot()));
  }
}

TEST_F(Doctor, While_a_command_runs_it_says_so_and_waits_for_nothing) {
  must(Command::kInstall);
  killed(Command::kEnable, "services.start#2:kill-after");  // what it has done so far
  const auto running =
      journal::Lock::acquire(data("lock").string(), "4711 enable", std::chrono::milliseconds(0));
  const Checkup seen = checkup();
  EXPECT_THAT(on(seen, "a command").text, HasSubstr("runs now (process 4711 enable)"));
  EXPECT_EQ(on(seen, "transaction 2").mark, Mark::kNote);
  EXPECT_THAT(on(seen, "transaction 2").advice.commands, IsEmpty());
  EXPECT_THAT(not_well(seen), ElementsAre("unknown a command")) << checkup_text(seen);
}

// A command comes while doctor looks, at the first call of this name.
class ComesAt final : public machine::CallObserver {
 public:
  ComesAt(std::string_view name, std::function<void()> what)
      : name_(name), what_(std::move(what)) {}
  void before(const machine::Call& call) override {
    if (has_come_ || !call.name.starts_with(name_)) return;
    has_come_ = true;
    what_();
  }
  void after(const machine::Call& /*call*/) override {}
  bool has_come() const { return has_come_; }

 private:
  std::string_view name_;
  std::function<void()> what_;
  bool has_come_ = false;
};

TEST_F(Doctor, A_command_that_began_while_it_looked_makes_its_answer_unknown) {
  enabled();
  ComesAt repair("services.", [this] { must(Command::kEnable); });
  Checkup seen = doctor(vm_, package_, &repair);
  ASSERT_TRUE(repair.has_come());
  EXPECT_THAT(not_well(seen), ElementsAre("unknown a command")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "a command").text, HasSubstr("began meanwhile"));
  EXPECT_THAT(on(seen, "a command").advice.words, HasSubstr("Run doctor again"));
  std::unique_ptr<journal::Lock> running;
  ComesAt begins("services.", [&] {
    running =
        journal::Lock::acquire(data("lock").string(), "4711 enable", std::chrono::milliseconds(0));
  });
  seen = doctor(vm_, package_, &begins);
  EXPECT_THAT(not_well(seen), ElementsAre("unknown a command")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "a command").text, HasSubstr("began meanwhile"));
  running.reset();
  expect_well(checkup());
}

TEST_F(Doctor, A_first_command_that_began_while_it_looked_is_told_as_well) {
  ComesAt first("services.", [this] { must(Command::kInstall); });
  const Checkup seen = doctor(vm_, package_, &first);
  EXPECT_THAT(on(seen, "a command").text, HasSubstr("began meanwhile"));
}

// What others write into the file while doctor looks does not reach what it has read.
TEST_F(Doctor, Reads_a_copy_of_the_journal_that_nobody_writes_to) {
  enabled();
  const std::string journal = lab::read_file(data("journal.db"));
  ComesAt overwrites(
      "services.", [&] { lab::write_file(data("journal.db"), std::string(journal.size(), 'x')); });
  const Checkup seen = doctor(vm_, package_, &overwrites);
  ASSERT_TRUE(overwrites.has_come());
  EXPECT_THAT(not_well(seen), ElementsAre("unknown a command")) << checkup_text(seen);
  EXPECT_EQ(on(seen, "EbpfCore").mark, Mark::kOk);
}

TEST_F(DoctorInUpdate, While_a_command_of_an_update_runs_the_update_is_no_trouble) {
  up_to(Command::kInstall);
  const auto running =
      journal::Lock::acquire(data("lock").string(), "4711 install", std::chrono::milliseconds(0));
  const Checkup seen = doctor(vm_, fresh_);
  EXPECT_THAT(not_well(seen), ElementsAre("unknown a command")) << checkup_text(seen);
  EXPECT_EQ(on(seen, "update 1.0.0 -> 1.1.0").mark, Mark::kNote);
}

// The VM Agent may wait for minutes between two calls.
TEST_F(DoctorInUpdate, Between_two_commands_it_is_a_note_until_nobody_goes_on) {
  up_to(Command::kInstall);
  Checkup seen = doctor(vm_, fresh_);
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_EQ(on(seen, "update 1.0.0 -> 1.1.0").mark, Mark::kNote);
  EXPECT_THAT(on(seen, "update 1.0.0 -> 1.1.0").text, HasSubstr("between two commands"));
  EXPECT_THAT(on(seen, "update 1.0.0 -> 1.1.0").advice.commands, IsEmpty());
  minutes_pass(commands::kAbandonedAfterMinutes);
  seen = doctor(vm_, fresh_);
  EXPECT_THAT(not_well(seen), ElementsAre("trouble update 1.0.0 -> 1.1.0")) << checkup_text(seen);
  lab::follow(vm_, fresh_, on(seen, "update 1.0.0 -> 1.1.0").advice);
  expect_before();
}

TEST_F(DoctorInUpdate, A_recovery_task_that_is_missing_while_an_update_is_open_is_trouble) {
  up_to(Command::kInstall);
  Checkup seen = doctor(vm_, fresh_);
  EXPECT_EQ(on(seen, "the recovery task").text, "is armed for what is open");
  behind([](machine::Machine& m) { m.tasks().remove(kRecovery); });
  seen = doctor(vm_, fresh_);
  EXPECT_THAT(not_well(seen), ElementsAre("trouble the recovery task")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "the recovery task").text, HasSubstr("the task is missing"));
  EXPECT_THAT(on(seen, "the recovery task").advice.commands, IsEmpty());  // it would do nothing yet
  minutes_pass(commands::kAbandonedAfterMinutes);
  seen = doctor(vm_, fresh_);
  EXPECT_EQ(on(seen, "the recovery task").mark, Mark::kTrouble);
  lab::follow(vm_, fresh_, on(seen, "the recovery task").advice);
  expect_before();
  EXPECT_EQ(on(doctor(vm_, package_), "the recovery task").mark, Mark::kNote);
}

TEST_F(Doctor, An_undo_that_was_given_up_is_told_object_by_object_until_its_cause_is_mended) {
  enabled();
  vm_.set("service:eBPFSvc", {"start-fails=1053"});
  vm_.remove(std::string(kInstalled) + R"(\ebpfapi.dll)");
  with_fault(Command::kEnable, "files.rename#2:fail=5");
  for (int i = 0; i < 8 && outcome() != "inconsistent"; ++i)
    vm_.run(Command::kRecover, package_);
  ASSERT_EQ(outcome(), "inconsistent") << vm_.journal_text();
  const Checkup seen = checkup();
  const std::string name = "transaction " + std::to_string(last_id());
  EXPECT_EQ(on(seen, name).mark, Mark::kTrouble) << checkup_text(seen);
  EXPECT_THAT(on(seen, name).text, HasSubstr("inconsistent"));
  vm_.set("service:eBPFSvc", {"clear"});
  expect_cured();
}

TEST_F(Doctor, What_waits_for_a_boot_is_ended_by_the_restart_that_is_advised) {
  enabled();
  vm_.set("service:EbpfCore", {"ignores-stop"});
  fails(Command::kDisable, ExitCode::kStopDriver);
  must(Command::kDisable);
  ASSERT_EQ(outcome(), "reboot-needed");
  const Checkup seen = checkup();
  const Checked waits = on(seen, "transaction " + std::to_string(last_id()));
  EXPECT_EQ(waits.mark, Mark::kTrouble) << checkup_text(seen);
  EXPECT_THAT(waits.advice.commands, ElementsAre("shutdown /r /t 60"));
  vm_.set("service:EbpfCore", {"clear"});
  expect_cured();
}

}  // namespace
}  // namespace engine
