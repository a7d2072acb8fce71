// An undo that fails: the next command goes on with it, and what happens when it cannot.
#include <utility>

#include "actions/machine/call_observer.h"
#include "engine/commands/commands.h"
#include "engine/support/journal_text.h"
#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/engine/transaction/recovery_bench.h"

namespace engine {
namespace {

using journal::TransactionState;
using testing::HasSubstr;

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
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
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
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Recovering, A_status_whose_undo_is_not_finished_has_a_row_for_each_component_too) {
  enabled();
  std::filesystem::remove(installed("ebpfapi.dll"));
  FailsTwice observer("services.start", 2, "services.start");
  const handler::Reply reply = vm_.run(commands::Command::kEnable, package_, &observer);
  ASSERT_EQ(outcome(), "open") << text(reply) << vm_.journal_text();
  std::vector<std::string> names;
  const nlohmann::json status = package_.status(0)[0]["status"];
  for (const nlohmann::json& row : status["substatus"]) {
    names.push_back(row["name"]);
    EXPECT_FALSE(row["status"] == "error" && row["code"] == 0) << row;
  }
  EXPECT_EQ(status["status"], "error");
  EXPECT_THAT(names, testing::IsSupersetOf(
                         {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent", "Files"}));
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
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Recovering, A_failing_undo_does_not_replace_the_cause_and_both_are_shown) {
  stuck();
  EXPECT_EQ(outcome(), "open");
  journal::Reader reader(vm_.journal_path().string());
  const std::string shown = support::show_text(reader, last_id());
  EXPECT_THAT(shown, testing::ContainsRegex("Cause: [^\n]*NetEbpfExt[^\n]*577"));
  EXPECT_THAT(shown, testing::ContainsRegex("Undo failure: [^\n]*eBPFSvc[^\n]*1053"));
  const auto status = package_.status(0)[0]["status"];
  EXPECT_EQ(status["code"], 1013);
  EXPECT_THAT(status["formattedMessage"]["message"].get<std::string>(),
              testing::AllOf(HasSubstr("577"), HasSubstr("1053")));
}

TEST_F(Recovering, An_undo_that_failed_is_finished_by_the_next_recovery) {
  enabled();
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  const std::string before = vm_.snapshot();
  stuck_at_repair();
  const handler::Reply blocked = vm_.run(commands::Command::kInstall, package_);
  EXPECT_NE(blocked.code, ExitCode::kSuccess) << "nothing goes forward on a half-undone machine";
  vm_.set("service:eBPFSvc", {"clear"});
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(vm_.transactions().at(2).state, TransactionState::kUndone);
  EXPECT_EQ(journal::outcome(vm_.transactions().at(2)), "recovered-before");
  EXPECT_EQ(vm_.transactions().at(2).code, 1013);
}

TEST_F(Recovering, Five_attempts_without_progress_are_inconsistent_and_say_what_to_do) {
  stuck();
  until_inconsistent();
  EXPECT_THAT(vm_.journal_text(), HasSubstr("What to do: "));
}

// F-25: no command is refused for it, and the mark falls when one settles.
TEST_F(Recovering, Enable_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  vm_.set("service:eBPFSvc", {"clear"});
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  expect_all_running();
  EXPECT_EQ(meta("inconsistent"), "");
}

TEST_F(Recovering, An_update_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  vm_.set("service:eBPFSvc", {"clear"});
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).all());
  expect_all_running();
  EXPECT_EQ(meta("inconsistent"), "");
  EXPECT_EQ(meta("settled_version"), "1.1.0");
}

TEST_F(Recovering, Install_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  vm_.set("service:eBPFSvc", {"clear"});
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(state("NetEbpfExt"), "running");
}

TEST_F(Recovering, Uninstall_takes_an_inconsistent_machine_over) {
  stuck();
  until_inconsistent();
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
}

// F-36. Nothing was ever settled here.
TEST_F(Recovering, Uninstall_removes_what_a_first_install_left_whose_undo_was_given_up) {
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "services.create#2:kill-after");
  vm_.set(R"(path:C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)", {"fails=5"});
  until_inconsistent();
  vm_.set(R"(path:C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)", {"clear"});
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_FALSE(has(""));
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
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

}  // namespace
}  // namespace engine
