#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "tests/faults/scenario.h"

// The same kills over the real program: it stops itself at the call (SIGSTOP), and is killed from
// outside (SIGKILL), as simvm does for --kill.

namespace faults {
namespace {

class RealProcess : public testing::TestWithParam<Scenario> {
 protected:
  static constexpr const char* kProgram = "ebpf-handler.exe";

  // Runs the handler in its package with the stop point armed. Whether it got there and was killed.
  static bool killed_at(const Stage& stage, const lab::Vm& vm, const std::string& point) {
    const std::string program = stage.package().file(kProgram).string();
    const std::string command(engine::row(stage.scenario().command).name);
    const std::string machine = "EBPF_HANDLER_MACHINE=" + vm.folder().string();
    const std::string stop = "EBPF_SIMULATED_STOP_AT=" + point;
    const pid_t child = ::fork();
    if (child == 0) {
      const int output = ::open("/dev/null", O_WRONLY);
      ::dup2(output, STDOUT_FILENO);
      ::dup2(output, STDERR_FILENO);
      const char* arguments[] = {program.c_str(), command.c_str(), nullptr};
      const char* environment[] = {machine.c_str(), stop.c_str(), "ConfigSequenceNumber=0",
                                   nullptr};
      ::execve(program.c_str(), const_cast<char* const*>(arguments),
               const_cast<char* const*>(environment));
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) return false;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
};

TEST_P(RealProcess, Killed_from_outside_at_every_call_recovers_to_what_the_journal_names) {
  Stage stage(GetParam());
  std::filesystem::copy_file(EBPF_TEST_BIN "/ebpf-handler", stage.package().file(kProgram));
  std::int64_t kills = 0;
  std::int64_t call = 0;
  for (bool reached = true; reached && !HasFailure();) {
    ++call;
    for (const char* when : {":before", ":after"}) {
      const std::string point = std::to_string(call) + when;
      const lab::Vm vm = stage.fresh_copy();
      const bool killed = killed_at(stage, vm, point);
      if (!killed && std::string(when) == ":before") reached = false;
      if (!killed) {
        EXPECT_TRUE(!reached || stage.throws(call)) << stage.told(vm, point);
        continue;
      }
      ++kills;
      stage.recover(vm, point);
      stage.check(vm, point, true);
    }
  }
  EXPECT_EQ(call - 1, stage.calls()) << "the program makes other calls than its library";
  EXPECT_EQ(kills, 2 * stage.calls() - stage.throwing_calls());
  std::cout << "[ matrix   ] " << GetParam().name << ": " << call - 1 << " calls, " << kills
            << " kills of the real program\n";
}

// What the agent calls, and the recovery that is a command of its own.
INSTANTIATE_TEST_SUITE_P(Every, RealProcess,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
