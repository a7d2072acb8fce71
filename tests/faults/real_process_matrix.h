#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "tests/faults/scenario.h"

namespace faults {

// The same kills over the real program: it stops itself at the call (SIGSTOP), and is killed from
// outside (SIGKILL), as simvm does for --kill.
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

  // Each `step`-th call; before and after it (`both`), or one of them in turns.
  void pass(std::int64_t step, bool both) {
    Stage stage(GetParam());
    std::filesystem::copy_file(EBPF_TEST_BIN "/ebpf-handler", stage.package().file(kProgram));
    std::int64_t kills = 0;
    for (std::int64_t call = 1; call <= stage.calls() && !HasFailure(); call += step) {
      const bool odd = call / step % 2 == 1;
      if (both || odd) kills += kill(stage, std::to_string(call) + ":before", true);
      if (both || !odd) kills += kill(stage, std::to_string(call) + ":after", !stage.throws(call));
    }
    EXPECT_GT(kills, 0);
    const lab::Vm vm = stage.fresh_copy();
    EXPECT_FALSE(killed_at(stage, vm, std::to_string(stage.calls() + 1) + ":before"))
        << "the program makes more calls than its library";
    std::cout << "[ matrix   ] " << GetParam().name << ": " << stage.calls() << " calls, " << kills
              << " kills of the real program\n";
  }

 private:
  // How many kills that was.
  static int kill(Stage& stage, const std::string& point, bool reached) {
    const lab::Vm vm = stage.fresh_copy();
    const bool killed = killed_at(stage, vm, point);
    EXPECT_EQ(killed, reached) << stage.told(vm, point);
    if (!killed) return 0;
    stage.recover(vm, point);
    stage.check(vm, point, true);
    return 1;
  }
};

}  // namespace faults
