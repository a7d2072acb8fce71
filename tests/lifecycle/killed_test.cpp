// The handler killed at the borders of its steps, which are the commits of its journal, in each
// command of an update.
#include "tests/lab/update_commands.h"
#include "tests/lifecycle/bench.h"

namespace lifecycle {
namespace {

class Killed : protected Bench {
 protected:
  Call kill(const Step& step, int commit) const {
    return vm_agent_.call(step.version, step.command,
                          "journal.commit#" + std::to_string(commit) + ":kill-after");
  }

  // `before`: what the command gives back when it is undone; update, which opens the operation,
  // also what disable has stopped. A new sequence number each time: the third death of one is its
  // last attempt.
  void kill_at_each_commit(const Step& step, const std::string& before) {
    std::string after;  // what the command left, once it has committed
    int kills = 0;
    for (;; ++kills) {
      vm_agent_.next_sequence();
      const Call call = kill(step, kills + 1);
      if (call.ended.code != WineVm::kKilled) {
        succeeds(call);
        break;
      }
      const lab::ProgramEnd recovered = vm_agent_.recover(step.version);
      EXPECT_EQ(recovered.code, 0) << recovered.out << recovered.err;
      const std::string now = snapshot();
      if (last_transaction().state == journal::TransactionState::kCommitted) {
        after = now;
      } else {
        EXPECT_TRUE(lab::same_machine(before, now)) << "killed behind commit " << kills + 1;
        if (step.command == "update") succeeds(vm_agent_.call(old_, "disable"));
      }
    }
    EXPECT_FALSE(after.empty()) << kills << " kills, none behind its last commit";
    EXPECT_TRUE(lab::same_machine(after, snapshot()));
  }

  const std::string old_ = package("0.9.1", kHandlerWithFaults);
  const std::string fresh_ = package("0.10.0", kHandlerWithFaults);
};

class LifecycleKilled : public testing::TestWithParam<std::string>, protected Killed {};

TEST_P(LifecycleKilled, Behind_each_commit_it_recovers_to_before_or_after_and_the_update_goes_on) {
  succeeds(vm_agent_.install(old_));
  const std::string running = snapshot();
  for (const Step& step : update_steps(old_, fresh_)) {
    if (step.command == GetParam()) {
      kill_at_each_commit(step, step.command == "update" ? running : snapshot());
    } else {
      succeeds(vm_agent_.call(step.version, step.command));
    }
  }
  expect_installed(fresh_);
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
}

std::vector<std::string> commands_of_an_update() {
  std::vector<std::string> names;
  for (const lab::UpdateCommand& row : lab::kUpdateCommands)
    names.emplace_back(row.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(In, LifecycleKilled, testing::ValuesIn(commands_of_an_update()),
                         [](const auto& command) { return command.param; });

class LifecycleKilledAndBooted : public testing::Test, protected Killed {};

// What is called after the boot is what the recovery task runs then.
TEST_F(LifecycleKilledAndBooted, Its_update_is_undone_and_the_old_version_runs) {
  succeeds(vm_agent_.install(old_));
  const std::string running = snapshot();
  for (const auto& [command, commit] : {std::pair("install", 9), std::pair("enable", 4)}) {
    vm_agent_.next_sequence();
    for (const Step& step : update_steps(old_, fresh_)) {
      if (step.command == command) {
        EXPECT_EQ(kill(step, commit).ended.code, WineVm::kKilled);
        break;
      }
      succeeds(vm_agent_.call(step.version, step.command));
    }
    vm_.reboot();
    const lab::ProgramEnd recovered = vm_agent_.recover(fresh_, {"--abandoned"});
    EXPECT_EQ(recovered.code, 0) << recovered.out << recovered.err;
    EXPECT_TRUE(lab::same_machine(running, snapshot())) << command;
  }
  succeeds(vm_agent_.update(old_, fresh_));
  expect_installed(fresh_);
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
}

}  // namespace
}  // namespace lifecycle
