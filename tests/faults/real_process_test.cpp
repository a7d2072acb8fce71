// A photograph is what a kill leaves: the real program stops itself at a call (SIGSTOP), and is
// killed from outside (SIGKILL), as simvm does for --kill.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "tests/faults/cases.h"
#include "tests/faults/found.h"
#include "tests/faults/scenario.h"
#include "tests/lab/same_machine.h"

namespace faults {
namespace {

class RealProcess : public testing::TestWithParam<Scenario> {
 protected:
  RealProcess() {
    std::filesystem::copy_file(EBPF_TEST_BIN "/ebpf-handler", program());
    request_.program = program();
    request_.handler_version = kVersion;
    request_.process_id = kNobody;
  }

  std::string program() const { return stage_.package().file("ebpf-handler.exe").string(); }

  // Runs the handler in its package with the stop point armed. Its process id, if it got there and
  // was killed; else 0.
  pid_t killed_at(const lab::Vm& vm, const std::string& point) const {
    const std::string path = program();
    const std::string command(engine::commands::row(GetParam().command).name);
    const char* setup = engine::commands::is_setup(GetParam().command)
                            ? command.c_str() + engine::commands::kSetup.size()
                            : nullptr;
    const std::string log = stage_.package().folder("log").string();
    const std::string machine = "EBPF_HANDLER_MACHINE=" + vm.folder().string();
    const std::string stop = "EBPF_SIMULATED_STOP_AT=" + point;
    const std::string version = std::string("AZURE_GUEST_AGENT_EXTENSION_VERSION=") + kVersion;
    const pid_t child = ::fork();
    if (child == 0) {
      const int output = ::open("/dev/null", O_WRONLY);
      ::dup2(output, STDOUT_FILENO);
      ::dup2(output, STDERR_FILENO);
      std::vector<const char*> arguments{path.c_str(), command.c_str(), nullptr};
      if (setup != nullptr)
        arguments = {path.c_str(), "setup", setup, "--log", log.c_str(), nullptr};
      const char* environment[] = {machine.c_str(), stop.c_str(), version.c_str(),
                                   "ConfigSequenceNumber=0", nullptr};
      ::execve(path.c_str(), const_cast<char* const*>(arguments.data()),
               const_cast<char* const*>(environment));
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) return 0;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? child : 0;
  }

  static constexpr const char* kVersion = "9.9.9.9";
  static constexpr std::int64_t kNobody = 5'000'000;  // above what Linux gives
  Stage stage_{GetParam()};
  engine::handler::Request request_ = lab::Vm::request(GetParam().command, stage_.package());
  lab::TemporaryFolder folder_;
};

// The last of the points that is at a call's border, as a stop point of the real program: "" for
// none.
std::string border(const Shot& shot) {
  for (const std::string& point : shot.points) {
    const std::size_t kind = point.find(":kill-");
    if (kind != std::string::npos)
      return point.substr(0, kind + 1) + point.substr(kind + std::string(":kill-").size());
  }
  return "";
}

// Each third distinct machine.
TEST_P(RealProcess, Killed_from_outside_leaves_what_the_photograph_shows) {
  const Film film = stage_.film_of(request_);
  Tally tally(GetParam().name);
  Choice choice;
  std::int64_t machines = 0;
  std::int64_t kills = 0;
  for (const Shot& shot : film.shots()) {
    const std::string point = border(shot);
    if (!goes_on()) break;
    constexpr std::int64_t kEach = 3;
    if (point.empty() || machines++ % kEach != 0 || !choice.takes(shot.points)) continue;
    stage_.reset();
    const lab::Vm vm = stage_.vm().as_folder(folder_.path() / "vm");
    const pid_t process = killed_at(vm, point);
    EXPECT_NE(process, 0) << "not reached: " << point;
    const std::string left = found(vm, stage_.package(), process);
    stage_.develop(shot);
    const std::string shown = found(stage_.vm(), stage_.package(), request_.process_id);
    EXPECT_TRUE(lab::same_machine(left, shown))
        << "the kill at " << point << " left (-), the photograph shows (+)\n"
        << stage_.told(shot.points.front());
    ++kills;
  }
  EXPECT_GT(kills, 0);
  tally.add("kills of the real program", kills);
  stage_.reset();
  const lab::Vm vm = stage_.vm().as_folder(folder_.path() / "vm");
  EXPECT_EQ(killed_at(vm, std::to_string(film.calls() + 1) + ":before"), 0)
      << "the program makes more calls than its library";
}

INSTANTIATE_TEST_SUITE_P(Every, RealProcess,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
