#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "actions/machine/call_observer.h"
#include "actions/machine/simulated/stop_observer.h"
#include "tests/machine/simulated_vm.h"

namespace {

constexpr const char* kStopAt = "EBPF_SIMULATED_STOP_AT";
constexpr const char* kDeadline = "EBPF_SIMULATED_DEADLINE_MS";

class StopObserver : public SimulatedVmFolder {
 protected:
  // Runs three writes in a child with a variable set; kills the child where it stops itself. True
  // if it did.
  bool child_stops(const char* variable, const std::string& value) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv(variable, value.c_str(), 1);
      work();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, WUNTRACED);
    if (!WIFSTOPPED(status)) return false;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return true;
  }
  std::vector<std::string> written() { return files().list(R"(C:\Windows\Temp)"); }

 private:
  void work() {
    machine::simulated::SimulatedMachine inner(folder());
    const auto observer = machine::simulated::stop_observer_from_environment();
    const auto observed = observer ? machine::observe(inner, *observer) : nullptr;
    machine::Machine& used = observed ? *observed : inner;
    for (const char* name : {"1", "2", "3"}) {
      used.files().write(std::string(R"(C:\Windows\Temp\)") + name, name);
      used.system().wait_ms(1000);
    }
  }
};

TEST_F(StopObserver, There_is_none_where_nothing_asks_for_it) {
  EXPECT_EQ(machine::simulated::stop_observer_from_environment(), nullptr);
}

TEST_F(StopObserver, A_child_killed_before_its_nth_call_has_not_made_it) {
  EXPECT_TRUE(child_stops(kStopAt, "3"));
  EXPECT_EQ(written(), (std::vector<std::string>{"1"}));
}

TEST_F(StopObserver, A_child_killed_after_its_nth_call_has_made_it) {
  EXPECT_TRUE(child_stops(kStopAt, "3:after"));
  EXPECT_EQ(written(), (std::vector<std::string>{"1", "2"}));
}

TEST_F(StopObserver, A_call_is_named_and_counted) {
  EXPECT_TRUE(child_stops(kStopAt, "files.write:before"));
  EXPECT_TRUE(written().empty());
  EXPECT_TRUE(child_stops(kStopAt, "files.write#2:after"));
  EXPECT_EQ(written(), (std::vector<std::string>{"1", "2"}));
}

TEST_F(StopObserver, A_call_that_does_not_come_stops_nothing) {
  EXPECT_FALSE(child_stops(kStopAt, "files.write#4"));
  EXPECT_FALSE(child_stops(kStopAt, "services.start"));
  EXPECT_EQ(written().size(), 3U);
}

TEST_F(StopObserver, A_child_is_stopped_when_the_clock_reaches_its_deadline_even_in_a_wait) {
  const auto deadline = system().utc_ms() + 1500;
  EXPECT_TRUE(child_stops(kDeadline, std::to_string(deadline)));
  EXPECT_EQ(written(), (std::vector<std::string>{"1", "2"}));
  EXPECT_GE(system().utc_ms(), deadline);
  EXPECT_LT(system().utc_ms(), deadline + 100);
}

TEST_F(StopObserver, Nonsense_is_refused_as_usage) {
  for (const char* text : {"0", "x#", "x#0", ":after", "3:later", "#2", "3x"}) {
    ::setenv(kStopAt, text, 1);
    try {
      machine::simulated::stop_observer_from_environment();
      ADD_FAILURE() << text;
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.code(), errors::ExitCode::kUsage) << text;
    }
  }
  ::unsetenv(kStopAt);
}

class SharedVm : public SimulatedVmFolder {};

TEST_F(SharedVm, Two_machines_on_one_VM_see_each_other_and_lose_no_update) {
  machine::simulated::SimulatedMachine other(folder());
  constexpr const char* kKey = R"(HKLM\SOFTWARE\X)";
  for (int i = 0; i < 20; ++i) {
    registry().set(kKey, "a" + std::to_string(i), {machine::RegistryType::kDword, "1"});
    other.registry().set(kKey, "b" + std::to_string(i), {machine::RegistryType::kDword, "1"});
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(other.registry().get(kKey, "a" + std::to_string(i)));
    EXPECT_TRUE(registry().get(kKey, "b" + std::to_string(i)));
  }
}

TEST_F(SharedVm, Processes_on_one_VM_lose_no_update) {
  constexpr int kProcesses = 4;
  constexpr int kValues = 25;
  const auto name = [](int process, int i) {
    return std::to_string(process) + "." + std::to_string(i);
  };
  std::vector<pid_t> children;
  for (int process = 0; process < kProcesses; ++process) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    machine::simulated::SimulatedMachine mine(folder());
    for (int i = 0; i < kValues; ++i) {
      mine.registry().set(R"(HKLM\SOFTWARE\X)", name(process, i),
                          {machine::RegistryType::kDword, "1"});
    }
    ::_exit(0);
  }
  for (const pid_t child : children)
    ::waitpid(child, nullptr, 0);
  for (int process = 0; process < kProcesses; ++process) {
    for (int i = 0; i < kValues; ++i) {
      EXPECT_TRUE(registry().get(R"(HKLM\SOFTWARE\X)", name(process, i))) << name(process, i);
    }
  }
}

TEST_F(SharedVm, The_clock_is_kept_and_never_goes_back) {
  const auto before = system().utc_ms();
  machine::simulated::SimulatedMachine other(folder());
  other.system().wait_ms(5000);
  EXPECT_GE(system().utc_ms(), before + 5000);
  for (int i = 0; i < 100; ++i)
    system().utc_ms();
  set("service:X", {"start-hangs"});
  EXPECT_GE(system().utc_ms(), before + 5100);
}

TEST_F(SharedVm, A_folder_that_is_no_VM_is_refused_as_usage) {
  for (const std::string& folder : {temporary().string(), (temporary() / "missing").string()}) {
    EXPECT_THROW(machine::simulated::SimulatedMachine{folder}, errors::Failure) << folder;
    EXPECT_THROW(machine::simulated::snapshot(folder), errors::Failure) << folder;
  }
  EXPECT_THROW(machine::simulated::create_vm(folder()), errors::Failure);
}

TEST_F(SharedVm, Behaviours_that_nobody_knows_are_refused_and_change_nothing) {
  const std::string before = lab::read_file(folder() + "/machine.json");
  const std::vector<std::pair<std::string, std::string>> wrong{{"service:X", "start-failz=1"},
                                                               {"service:X", "start-fails"},
                                                               {"service:X", "start-fails=x"},
                                                               {"service:X", "start-takes=-1"},
                                                               {"service:X", "start-hangs=2"},
                                                               {"service:", "start-hangs"},
                                                               {"disk", "full-at=lots"},
                                                               {"disk", "start-hangs"},
                                                               {"path:C:\\x", "owner="},
                                                               {"path:x", "fails=5"},
                                                               {"network", "clear"}};
  for (const auto& [object, setting] : wrong) {
    EXPECT_THROW(set(object, {setting}), errors::Failure) << object << ' ' << setting;
  }
  EXPECT_THROW(set("disk", {}), errors::Failure);
  EXPECT_EQ(lab::read_file(folder() + "/machine.json"), before);
}

}  // namespace
