// GuestProxyAgent around enable: stopped first and started last where it ran, else left alone.
#include "actions/machine/services.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using machine::simulated::Gpa;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAgent = "GuestProxyAgent";

nlohmann::json substatus(const lab::Package& package, const std::string& name) {
  const auto status = package.status(0)[0]["status"];
  for (const auto& row : status["substatus"]) {
    if (row["name"] == name) return row;
  }
  return nullptr;
}

class AgentRuns : public Bench {};

TEST_F(AgentRuns, It_is_a_new_process_after_enable) {
  must(Command::kInstall);
  const auto before = process(kAgent);
  must(Command::kEnable);
  EXPECT_EQ(state(kAgent), "running");
  EXPECT_NE(process(kAgent), before);
  EXPECT_EQ(substatus(package_, kAgent)["status"], "success");
}

TEST_F(AgentRuns, One_that_does_not_start_again_undoes_enable) {
  must(Command::kInstall);
  vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
  fails(Command::kEnable, ExitCode::kRestartService);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_TRUE(has("ebpfapi.dll"));
}

TEST_F(AgentRuns, One_that_is_not_running_in_time_undoes_enable) {
  must(Command::kInstall);
  vm_.set("service:GuestProxyAgent", {"start-takes=200"});
  const Reply reply = fails(Command::kEnable, ExitCode::kRestartService);
  EXPECT_THAT(text(reply), HasSubstr(kAgent));
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_LT(vm_.last_transaction()->duration_ms, 300'000);
}

TEST_F(AgentRuns, One_that_fails_once_runs_again_after_the_undo) {
  must(Command::kInstall);
  const std::string before = vm_.snapshot();
  const Reply reply = with_fault(Command::kEnable, "services.start#4:fail=1053");
  EXPECT_EQ(reply.code, ExitCode::kRestartService) << text(reply);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(state(kAgent), "running");
}

TEST_F(AgentRuns, Its_process_has_ended_before_the_drivers_are_stopped) {
  enabled();
  struct Watch final : machine::Tap {
    explicit Watch(std::function<void(const machine::Call&)> see_call) : see(std::move(see_call)) {}
    void before(const machine::Call& call) override { see(call); }
    void after(const machine::Call&) override {}
    std::function<void(const machine::Call&)> see;
  };
  const auto pid = process(kAgent);
  int looked = 0;
  Watch watch([&](const machine::Call& call) {
    if (call.name != "services.stop" || call.object == kAgent) return;
    ++looked;
    behind([&](machine::Machine& m) { EXPECT_FALSE(m.services().process_alive(pid)); });
  });
  EXPECT_EQ(vm_.run(Command::kDisable, package_, &watch).code, ExitCode::kSuccess);
  EXPECT_EQ(looked, 3);
}

class AgentIsAbsent : public Bench {
 protected:
  AgentIsAbsent() : Bench({.gpa = Gpa::kAbsent}) {}
};

TEST_F(AgentIsAbsent, It_is_skipped_and_not_spoken_of) {
  must(Command::kInstall);
  const Reply reply = must(Command::kEnable);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_TRUE(substatus(package_, kAgent).is_null());
  EXPECT_THAT(text(reply), Not(HasSubstr(kAgent)));
  EXPECT_THAT(package_.status(0).dump(), Not(HasSubstr(kAgent)));
  must(Command::kDisable);
  must(Command::kUninstall);
}

class AgentIsStopped : public Bench {
 protected:
  AgentIsStopped() : Bench({.gpa = Gpa::kStopped}) {}
};

TEST_F(AgentIsStopped, It_is_left_stopped) {
  must(Command::kInstall);
  must(Command::kEnable);
  EXPECT_EQ(state(kAgent), "stopped");
  EXPECT_EQ(substatus(package_, kAgent)["status"], "warning");
  must(Command::kDisable);
  must(Command::kEnable);
  EXPECT_EQ(state(kAgent), "stopped");
}

class AgentIsDisabled : public Bench {
 protected:
  AgentIsDisabled() : Bench({.gpa = Gpa::kDisabled}) {}
};

TEST_F(AgentIsDisabled, It_is_left_disabled) {
  must(Command::kInstall);
  must(Command::kEnable);
  EXPECT_EQ(state(kAgent), "stopped");
  EXPECT_EQ(start_type(kAgent), "disabled");
  EXPECT_EQ(state("EbpfCore"), "running");
}

TEST_F(AgentRuns, Disabled_by_its_owner_after_our_disable_it_is_left_so) {
  enabled();
  must(Command::kDisable);
  behind([](machine::Machine& m) {
    auto config = *m.services().config(kAgent);
    config.start = machine::StartType::kDisabled;
    m.services().change(kAgent, config);
  });
  must(Command::kEnable);
  EXPECT_EQ(state(kAgent), "stopped");
  EXPECT_EQ(start_type(kAgent), "disabled");
}

}  // namespace
}  // namespace engine
