#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/journal/scratch.h"

namespace journal {
namespace {

constexpr int kSteps = 3;
constexpr int kCommits = 1 + kSteps + 1;  // the schema, then the transaction's

// Runs a new journal and one transaction in a child that is killed at the n-th commit.
void run_killed(const std::string& path, CommitPhase phase, int nth) {
  const pid_t child = ::fork();
  if (child == 0) {
    int commits = 0;
    auto journal = Journal::open(options_for(path, [&](CommitPhase now) {
      if (now == phase && ++commits == nth) ::kill(::getpid(), SIGKILL);
    }));
    run_transaction(*journal, kSteps);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

// How many of the commits the journal holds.
int commits_in(Journal& journal) {
  if (journal.next_transaction_id() == 1) return 1;
  if (journal.unfinished().empty()) return kCommits;
  int commits = 2;
  const std::vector<Step> steps = journal.steps(1);
  EXPECT_EQ(steps.size(), static_cast<std::size_t>(kSteps));
  for (const Step& step : steps)
    commits += step.state == StepState::kDone ? 1 : 0;
  // The step after the last done one is armed with its before-image; the others are planned.
  for (const Step& step : steps) {
    const bool begun = step.position <= commits - 1;
    EXPECT_EQ(step.state != StepState::kPlanned, begun);
    EXPECT_EQ(!step.before.is_null(), begun);
  }
  return commits;
}

TEST(Kill, Before_or_after_any_commit_leaves_exactly_what_was_committed) {
  for (const CommitPhase phase : {CommitPhase::kBefore, CommitPhase::kAfter}) {
    for (int nth = 1; nth <= kCommits; ++nth) {
      SCOPED_TRACE((phase == CommitPhase::kBefore ? "before " : "after ") + std::to_string(nth));
      const Scratch scratch;
      run_killed(scratch.journal(), phase, nth);
      auto journal = open_at(scratch.journal());
      EXPECT_EQ(journal->was_set_aside(), "");
      const int expected = phase == CommitPhase::kBefore ? nth - 1 : nth;
      EXPECT_EQ(commits_in(*journal), std::max(expected, 1)) << "opening makes the schema";
      EXPECT_TRUE(journal->checkpoint());
      journal.reset();
      EXPECT_EQ(scratch.names(), std::set<std::string>{"journal.db"});
    }
  }
}

}  // namespace
}  // namespace journal
