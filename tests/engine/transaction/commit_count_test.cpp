// N steps are N+1 commits, from begin to committed, through the whole command.
#include "engine/commands/commands.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

// Counts the commits that found or left the newest transaction under way.
class Count final : public machine::CallObserver {
 public:
  Count(const lab::Vm& vm, std::int64_t known) : vm_(vm), known_(known) {}
  void before(const machine::Call&) override {}
  void after(const machine::Call& call) override {
    if (call.name != "journal.commit" || ended_) return;
    const auto last = vm_.last_transaction();
    if (!last || last->id == known_) return;
    ++commits;
    ended_ = last->state != journal::TransactionState::kOpen;
  }
  std::size_t commits = 0;

 private:
  const lab::Vm& vm_;
  std::int64_t known_;
  bool ended_ = false;
};

class CommitCount : public Bench {
 protected:
  void n_plus_one(commands::Command command, bool empty) const {
    Count count(vm_, last_id());
    ASSERT_EQ(vm_.run(command, package_, &count).code, ExitCode::kSuccess);
    const std::size_t steps = vm_.steps(last_id()).size();
    EXPECT_EQ(steps == 0, empty);
    EXPECT_EQ(count.commits, steps + 1);
    EXPECT_EQ(outcome(), "committed");
  }
};

TEST_F(CommitCount, A_plan_of_N_steps_is_N_plus_1_commits) {
  for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable,
                                    commands::Command::kDisable, commands::Command::kUninstall})
    n_plus_one(command, false);
}

TEST_F(CommitCount, An_empty_plan_is_one_commit) {
  enabled();
  n_plus_one(commands::Command::kEnable, true);
  n_plus_one(commands::Command::kInstall, true);
}

}  // namespace
}  // namespace engine
