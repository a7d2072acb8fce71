// What the next command does about one that died, and what it does when it cannot.
#include <set>
#include <utility>

#include "actions/machine/call_observer.h"
#include "actions/machine/fault_observer.h"
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "engine/reports/journal_text.h"
#include "engine/transaction/recovery.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using journal::TransactionState;
using testing::HasSubstr;

TEST(RecoveryTable, Every_row_is_what_decides_its_own_case) {
  for (const transaction::RecoveryRow& row : transaction::recovery_table()) {
    std::optional<TransactionState> state;
    if (!row.state.empty()) {
      state = journal::transaction_state_from(row.state);
      ASSERT_TRUE(state) << row.state;
    }
    const std::string_view command = row.command.empty() ? "install" : row.command;
    EXPECT_EQ(transaction::decide_recovery(state, command, row.delete_armed, row.other_boot),
              row.decision)
        << row.state << " " << row.command;
  }
}

TEST(RecoveryTable, No_row_stands_twice) {
  std::set<std::string> seen;
  for (const transaction::RecoveryRow& row : transaction::recovery_table()) {
    const std::string key = std::string(row.state) + "/" + std::string(row.command) + "/" +
                            std::to_string(row.delete_armed) + std::to_string(row.other_boot);
    EXPECT_TRUE(seen.insert(key).second) << key;
  }
}

TEST(RecoveryTable, Only_an_uninstall_whose_delete_was_armed_is_completed) {
  const auto state = TransactionState::kOpen;
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", true, false),
            transaction::RecoveryDecision::kComplete);
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", true, true),
            transaction::RecoveryDecision::kComplete);
  EXPECT_EQ(transaction::decide_recovery(state, "uninstall", false, false),
            transaction::RecoveryDecision::kUndo);
  for (const char* command : {"install", "enable", "disable", "update", "", "something-new"})
    EXPECT_EQ(transaction::decide_recovery(state, command, true, false),
              transaction::RecoveryDecision::kUndo)
        << command;
}

TEST(RecoveryTable, What_is_being_undone_never_goes_forward) {
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kUndoing, "uninstall", true, false),
            transaction::RecoveryDecision::kUndo);
}

TEST(RecoveryTable, An_unknown_state_is_undone) {
  EXPECT_EQ(transaction::decide_recovery(std::nullopt, "uninstall", true, false),
            transaction::RecoveryDecision::kUndo);
}

TEST(RecoveryTable, Reboot_needed_waits_for_another_boot) {
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kRebootNeeded, "disable", false, false),
            transaction::RecoveryDecision::kWaitForBoot);
  EXPECT_EQ(transaction::decide_recovery(TransactionState::kRebootNeeded, "disable", false, true),
            transaction::RecoveryDecision::kUndo);
}

class Recovering : public Bench {
 protected:
  std::vector<std::string> outcomes() const {
    std::vector<std::string> all;
    for (const journal::Transaction& transaction : vm_.transactions())
      all.emplace_back(journal::outcome(transaction));
    return all;
  }
  // A failing enable whose undo fails too: GuestProxyAgent does not come back.
  void stuck() const {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver);
  }
  void until_inconsistent() const {
    constexpr int kEnough = 10;
    for (int i = 0; i < kEnough && outcome() != "inconsistent"; ++i)
      vm_.run(commands::Command::kRecover, package_);
    ASSERT_EQ(outcome(), "inconsistent") << vm_.journal_text();
  }
};

TEST_F(Recovering, With_nothing_to_do_it_succeeds_and_changes_nothing) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  const auto transactions = vm_.transactions().size();
  EXPECT_THAT(text(must(commands::Command::kRecover)), HasSubstr("nothing to do"));
  EXPECT_EQ(vm_.snapshot(), before);
  EXPECT_EQ(vm_.transactions().size(), transactions);
}

TEST_F(Recovering, A_killed_enable_is_undone_by_the_next_command_before_its_own_work) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  ASSERT_NE(vm_.snapshot(), before);
  must(commands::Command::kInstall);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(outcomes(), (std::vector<std::string>{"committed", "recovered-before", "committed"}));
}

TEST_F(Recovering, A_killed_enable_that_is_repeated_ends_enabled) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-before");
  must(commands::Command::kEnable);
  EXPECT_EQ(state("NetEbpfExt"), "running");
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

// Fails the n-th call of one name, then the next of another.
class FailsTwice final : public machine::CallObserver {
 public:
  FailsTwice(std::string first, int nth, std::string second)
      : first_(std::move(first)), left_(nth), second_(std::move(second)) {}
  void before(const machine::Call& call) override {
    const bool fails = left_ > 0 ? call.name == first_ && --left_ == 0
                                 : call.name == second_ && !std::exchange(done_, true);
    if (!fails) return;
    throw errors::Failure(ExitCode::kGeneric, call.object, "make the call that fails",
                          {"Injected", 5, "Access is denied."});
  }
  void after(const machine::Call& /*call*/) override {}
  bool done() const { return done_; }

 private:
  std::string first_;
  int left_;
  std::string second_;
  bool done_ = false;
};

// Fails the first deletion of a service. While its undo starts GuestProxyAgent, which comes last,
// eBPFSvc ends; from then on it does so each time, or never again.
class EndsMeanwhile final : public machine::CallObserver {
 public:
  EndsMeanwhile(const lab::Vm& vm, bool for_good) : vm_(vm), for_good_(for_good) {}
  void before(const machine::Call& call) override {
    if (call.name == "services.remove" && !std::exchange(failed_, true)) {
      throw errors::Failure(ExitCode::kGeneric, call.object, "make the call that fails",
                            {"Injected", 5, "Access is denied."});
    }
    if (is_last_start(call)) vm_.set("service:eBPFSvc", {"crashes-after=0"});
  }
  void after(const machine::Call& call) override {
    if (!is_last_start(call)) return;
    vm_.set("service:eBPFSvc", {"clear"});
    if (for_good_) vm_.set("service:eBPFSvc", {"start-fails=1053"});
  }

 private:
  bool is_last_start(const machine::Call& call) const {
    return failed_ && call.name == "services.start" && call.object == "GuestProxyAgent";
  }
  const lab::Vm& vm_;
  bool for_good_;
  bool failed_ = false;
};

TEST_F(Recovering, What_ends_again_while_the_rest_is_undone_is_started_once_more) {
  enabled();
  const std::string before = vm_.snapshot();
  EndsMeanwhile observer(vm_, false);
  const handler::Reply reply = vm_.run(commands::Command::kUninstall, package_, &observer);
  EXPECT_EQ(outcome(), "undone") << text(reply);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_THAT(vm_.journal_text(), HasSubstr("eBPFSvc had ended again"));
}

TEST_F(Recovering, What_does_not_stay_up_is_not_called_undone) {
  enabled();
  const std::string before = vm_.snapshot();
  EndsMeanwhile observer(vm_, true);
  vm_.run(commands::Command::kUninstall, package_, &observer);
  EXPECT_EQ(outcome(), "open") << vm_.journal_text();
  vm_.set("service:eBPFSvc", {"clear"});
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before");
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Recovering, A_stop_behind_an_undo_that_fails_is_given_back_with_it) {
  enabled();
  const std::string before = vm_.snapshot();
  FailsTwice observer("services.remove", 2, "services.create");
  const handler::Reply reply = vm_.run(commands::Command::kUninstall, package_, &observer);
  EXPECT_NE(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_TRUE(observer.done());
  EXPECT_TRUE(service("eBPFSvc").empty()) << "its undo failed";
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Recovering, Update_recovers_first_and_changes_nothing_that_runs) {
  must(commands::Command::kInstall);
  const nlohmann::json before = vm_.snapshot_json();
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  must(commands::Command::kUpdate);
  nlohmann::json after = vm_.snapshot_json();
  after["tasks"] = before.at("tasks");  // the recovery task of the update that is open now
  EXPECT_EQ(after, before);
  EXPECT_EQ(outcomes().at(1), "recovered-before");
}

TEST_F(Recovering, Reset_leaves_it_to_the_next_command) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  const std::string half = vm_.snapshot();
  must(commands::Command::kReset);
  EXPECT_EQ(vm_.snapshot(), half);
  EXPECT_EQ(outcome(), "open");
}

TEST_F(Recovering, A_killed_repair_keeps_its_files_until_it_is_undone) {
  must(commands::Command::kInstall);
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "files.rename#2:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(lab::read_file(installed("ebpfapi.dll")), "damaged");
  EXPECT_EQ(outcome(), "recovered-before");
}

TEST_F(Recovering, A_repair_killed_again_and_again_keeps_the_original_until_it_is_back) {
  must(commands::Command::kInstall);
  lab::write_file(installed("ebpfapi.dll"), "the original");
  const std::string before = vm_.snapshot();
  const auto originals = [this] {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(vm_.folder() / "C")) {
      if (entry.is_regular_file() && entry.file_size() == 12 &&
          lab::read_file(entry.path()) == "the original")
        ++count;
    }
    return count;
  };
  killed(commands::Command::kInstall, "files.rename#2:kill-after");
  EXPECT_EQ(originals(), 1);
  for (const char* again : {"files.rename#1:kill-before", "files.rename#1:kill-after",
                            "files.rename#1:kill-after", "files.rename#2:kill-after"}) {
    const lab::Vm whole = vm_.copy_to(folder_.path() / "whole");
    must(commands::Command::kRecover);
    EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
    whole.copy_to(vm_.folder());
    machine::FaultObserver observer(machine::fault_from(again));
    vm_.run_in_child(commands::Command::kInstall, package_, &observer);
    EXPECT_EQ(originals(), 1) << again;
  }
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Recovering, After_a_power_cut_in_the_middle_the_machine_is_as_before) {
  must(commands::Command::kInstall);
  const auto before = vm_.snapshot_json();
  killed(commands::Command::kEnable, "services.start#3:kill-after");
  for (const std::uint64_t seed : {0U, 1U, 2U, 3U}) {  // all that was not durable lost, none, parts
    const lab::Vm vm = vm_.copy_to(folder_.path() / "cut");
    machine::simulated::reboot(vm.folder().string(), {.power_cut = true, .seed = seed});
    EXPECT_EQ(vm.run(commands::Command::kRecover, package_).code, ExitCode::kSuccess)
        << vm.journal_text();
    EXPECT_EQ(journal::outcome(*vm.last_transaction()), "recovered-before") << seed;
    EXPECT_EQ(vm.snapshot_json(), before)
        << seed << nlohmann::json::diff(before, vm.snapshot_json()).dump(2);
    EXPECT_EQ(vm.run(commands::Command::kEnable, package_).code, ExitCode::kSuccess)
        << vm.journal_text();
  }
}

TEST_F(Recovering, A_reboot_in_the_middle_of_enable_leaves_what_the_boot_started_and_is_recovered) {
  enabled();
  const auto depends = service("GuestProxyAgent").at("depends");
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#4:kill-after");
  ASSERT_EQ(start_type("EbpfCore"), "automatic");
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  ASSERT_EQ(service("GuestProxyAgent").at("depends"), depends);
  vm_.reboot();
  ASSERT_EQ(state("EbpfCore"), "running");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before") << vm_.journal_text();
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_THAT(vm_.journal_text(), HasSubstr("was started by a later boot"));
  must(commands::Command::kEnable);
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
}

TEST_F(Recovering, An_uninstall_killed_before_its_first_delete_is_undone) {
  enabled();
  const std::string before = vm_.snapshot();
  killed(commands::Command::kUninstall, "services.stop#3:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(outcome(), "recovered-before");
}

TEST_F(Recovering, An_uninstall_killed_after_its_first_delete_is_completed) {
  enabled();
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-after") << vm_.journal_text();
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
  must(commands::Command::kEnable);
  EXPECT_FALSE(service("GuestProxyAgent").at("depends").empty());
}

TEST_F(Recovering, An_uninstall_that_it_completes_outlasts_a_power_cut) {
  enabled();
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  must(commands::Command::kRecover);
  vm_.power_cut(0);
  EXPECT_EQ(outcome(), "recovered-after") << vm_.journal_text();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "") << name;
  EXPECT_FALSE(has(""));
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
}

TEST_F(Recovering, A_failing_undo_does_not_replace_the_cause_and_both_are_shown) {
  stuck();
  EXPECT_EQ(outcome(), "open");
  journal::Reader reader(vm_.journal_path().string());
  const std::string shown = reports::show_text(reader, last_id());
  EXPECT_THAT(shown, testing::ContainsRegex("Cause: [^\n]*NetEbpfExt[^\n]*577"));
  EXPECT_THAT(shown, testing::ContainsRegex("Undo failure: [^\n]*GuestProxyAgent[^\n]*1053"));
  const auto status = package_.status(0)[0]["status"];
  EXPECT_EQ(status["code"], 1013);
  EXPECT_THAT(status["formattedMessage"]["message"].get<std::string>(),
              testing::AllOf(HasSubstr("577"), HasSubstr("1053")));
}

TEST_F(Recovering, An_undo_that_failed_is_finished_by_the_next_recovery) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const handler::Reply blocked = vm_.run(commands::Command::kInstall, package_);
  EXPECT_NE(blocked.code, ExitCode::kSuccess) << "nothing goes forward on a half-undone machine";
  vm_.set("service:GuestProxyAgent", {"clear"});
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(vm_.transactions().at(1).state, TransactionState::kUndone);
  EXPECT_EQ(journal::outcome(vm_.transactions().at(1)), "recovered-before");
  EXPECT_EQ(vm_.transactions().at(1).code, 1013);
}

TEST_F(Recovering, Five_attempts_without_progress_are_inconsistent_and_enable_refuses) {
  stuck();
  until_inconsistent();
  EXPECT_THAT(vm_.journal_text(), HasSubstr("What to do: "));
  refuses(commands::Command::kEnable, ExitCode::kInconsistent, "transaction 2");
  refuses(commands::Command::kDisable, ExitCode::kInconsistent, "transaction 2");
}

TEST_F(Recovering, Install_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  vm_.set("service:NetEbpfExt", {"clear"});
  vm_.set("service:GuestProxyAgent", {"clear"});
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(state("NetEbpfExt"), "running");
}

TEST_F(Recovering, Uninstall_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  vm_.set("service:GuestProxyAgent", {"clear"});
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
}

TEST_F(Recovering, On_a_cloned_machine_configuration_is_undone_and_running_states_are_not) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#1:kill-after");
  const auto path = vm_.folder() / "machine.json";
  auto machine = nlohmann::json::parse(lab::read_file(path));
  machine["machine_id"] = "another-machine";
  lab::write_file(path, machine.dump());
  const handler::Reply reply = must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before");
  EXPECT_THAT(text(reply), HasSubstr("This machine is a clone"));
  EXPECT_EQ(meta("machine_id"), "another-machine") << "from here on the journal is this machine's";
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_EQ(state("EbpfCore"), "running");
  must(commands::Command::kEnable);
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
}

TEST_F(Recovering, What_somebody_changed_meanwhile_is_left_alone_and_listed) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.change#3:kill-after");
  behind([](machine::Machine& m) {
    auto config = *m.services().config("EbpfCore");
    config.start = machine::StartType::kDisabled;
    m.services().change("EbpfCore", config);
  });
  const handler::Reply reply = must(commands::Command::kRecover);
  EXPECT_EQ(start_type("EbpfCore"), "disabled");
  EXPECT_EQ(start_type("NetEbpfExt"), "demand");
  EXPECT_THAT(vm_.journal_text(), HasSubstr("Left alone: "));
}

TEST_F(Recovering, A_driver_that_hangs_on_its_way_needs_a_reboot_and_recovery_finishes_it_then) {
  enabled();
  const std::string before = vm_.snapshot();
  vm_.set("service:NetEbpfExt", {"stop-hangs"});
  const handler::Reply reply = vm_.run(commands::Command::kDisable, package_);
  EXPECT_NE(reply.code, ExitCode::kSuccess);
  EXPECT_EQ(outcome(), "reboot-needed") << vm_.journal_text();
  vm_.set("service:NetEbpfExt", {"clear"});
  vm_.reboot();
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-before");
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

}  // namespace
}  // namespace engine
