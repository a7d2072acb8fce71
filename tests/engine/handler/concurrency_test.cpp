// One command at a time; readers never wait.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "engine/commands/commands.h"
#include "journal/lock.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

class Concurrency : public Bench {
 protected:
  void SetUp() override { must(commands::Command::kInstall); }
  std::unique_ptr<journal::Lock> hold(const std::string& holder) const {
    return journal::Lock::acquire(data("lock").string(), holder, std::chrono::milliseconds(0));
  }
};

TEST_F(Concurrency, A_second_command_is_refused_and_names_the_holder) {
  const auto lock = hold("4711 disable");
  for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable,
                                    commands::Command::kDisable, commands::Command::kUninstall})
    refuses(command, ExitCode::kBusy, "4711 disable");
  EXPECT_EQ(package_.status(0)[0]["status"]["code"], 1102);
}

// F-40: the recovery task shows no failure, and stays.
TEST_F(Concurrency, Recover_leaves_it_to_the_command_at_work) {
  const auto lock = hold("4711 disable");
  EXPECT_THAT(text(must(commands::Command::kRecover)), testing::HasSubstr("4711 disable"));
}

TEST_F(Concurrency, Reset_waits_for_nobody) {
  const auto lock = hold("4711 disable");
  must(commands::Command::kReset);
}

TEST_F(Concurrency, A_holder_that_died_holds_nothing) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = hold("4712 enable");
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  must(commands::Command::kEnable);
}

TEST_F(Concurrency, Readers_read_while_a_command_holds_the_lock) {
  const auto lock = hold("4711 disable");
  EXPECT_EQ(vm_.transactions().size(), 1U);
}

TEST_F(Concurrency, Two_at_once_are_one_after_the_other_or_one_is_refused) {
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      const auto code = vm_.run(commands::Command::kEnable, package_).code;
      ::_exit(code == ExitCode::kSuccess ? 0 : code == ExitCode::kBusy ? 1 : 2);
    }
    children.push_back(child);
  }
  int succeeded = 0;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_LT(WEXITSTATUS(status), 2);
    succeeded += WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  EXPECT_GE(succeeded, 1);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(outcome(), "committed");
}

}  // namespace
}  // namespace engine
