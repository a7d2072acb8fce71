// Services and drivers that fail in each way: what the VM Agent is told, and what runs afterwards.
#include "tests/lifecycle/bench.h"

namespace lifecycle {
namespace {

using testing::HasSubstr;

// eBPFSvc is there from 1.0.0 on.
class Services : protected Bench {
 protected:
  void install() {
    succeeds(vm_agent_.install(old_));
    running_ = snapshot();
    expect_all_run();
  }
  void expect_all_run() const {
    expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
  }
  void expect_as_before() const {
    EXPECT_TRUE(lab::same_machine(running_, snapshot()));
    expect_all_run();
  }
  void fail_to_update(int code) {
    vm_agent_.next_sequence();
    fails(vm_agent_.update(old_, fresh_), code);
    EXPECT_EQ(vm_agent_.status(fresh_).value("status", ""), "error");
    EXPECT_EQ(vm_agent_.status(fresh_).value("code", 0), code);
    package("1.0.0", kHandlerWithFaults);  // the VM Agent has dropped it
  }
  void fail_to_disable() { fails(vm_agent_.call(old_, "disable"), 1014); }
  void disable_needs_a_reboot() {
    const Call again = vm_agent_.call(old_, "disable");
    succeeds(again);
    EXPECT_THAT(again.ended.out, HasSubstr("reboot needed"));
  }
  void reboot_ends_it() {
    vm_.reboot();
    const lab::ProgramEnd recovered = vm_agent_.recover(old_, {"--abandoned"});
    EXPECT_EQ(recovered.code, 0) << recovered.out << recovered.err;
    expect_as_before();
  }

 private:
  const std::string old_ = package("1.0.0", kHandlerWithFaults);
  const std::string fresh_ = package("1.1.0", kHandlerWithFaults);
  std::string running_;
};

// In a smaller hurry: GuestProxyAgent dies before the handler has seen it stay for 5 s.
class LifecycleServices : public testing::Test, protected Services {
 protected:
  LifecycleServices() { vm_agent_.hurry(3); }
};

TEST_F(LifecycleServices, An_update_whose_eBPFSvc_does_not_stay_up_is_undone) {
  install();
  for (const Behaviour behaviour : {Behaviour::kNeverConnects, Behaviour::kExitsAtOnce,
                                    Behaviour::kStopsWith1066, Behaviour::kDiesSoon}) {
    SCOPED_TRACE(static_cast<int>(behaviour));
    vm_.behave("eBPFSvc", behaviour, "1.1.0");
    fail_to_update(1013);
    expect_as_before();
  }
}

TEST_F(LifecycleServices, An_update_after_which_GuestProxyAgent_does_not_stay_up_is_undone) {
  install();
  for (const Behaviour behaviour :
       {Behaviour::kNeverConnects, Behaviour::kExitsAtOnce, Behaviour::kDiesSoon}) {
    SCOPED_TRACE(static_cast<int>(behaviour));
    vm_.behave("GuestProxyAgent", behaviour, "once");
    fail_to_update(1020);
    expect_as_before();
  }
}

// What the handler waits for in vain, up to its limits.
struct Way {
  const char* name;
  Behaviour behaviour;
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }
const auto kWayName = [](const testing::TestParamInfo<Way>& way) { return way.param.name; };

class LifecycleProxyWaitedFor : public testing::TestWithParam<Way>, protected Services {};

TEST_P(LifecycleProxyWaitedFor, In_vain_leaves_the_old_version_running) {
  install();
  vm_.behave("GuestProxyAgent", GetParam().behaviour, "once");
  fail_to_update(1020);
  expect_as_before();
}

INSTANTIATE_TEST_SUITE_P(That, LifecycleProxyWaitedFor,
                         testing::Values(Way{"SaysThatItIsNotWell", Behaviour::kStatusIsBad},
                                         Way{"SaysNothing", Behaviour::kStatusIsStale}),
                         kWayName);

class LifecycleStopWaitedFor : public testing::TestWithParam<Way>, protected Services {};

TEST_P(LifecycleStopWaitedFor, In_vain_leaves_everything_running_until_a_boot) {
  vm_.behave("eBPFSvc", GetParam().behaviour);
  install();
  fail_to_disable();
  expect_as_before();
  disable_needs_a_reboot();
  expect_as_before();
  reboot_ends_it();
}

INSTANTIATE_TEST_SUITE_P(That, LifecycleStopWaitedFor,
                         testing::Values(Way{"IsNotAccepted", Behaviour::kAcceptsNoStop},
                                         Way{"IsIgnored", Behaviour::kIgnoresStop}),
                         kWayName);

class LifecycleWaitedFor : public testing::Test, protected Services {};

TEST_F(LifecycleWaitedFor, An_eBPFSvc_that_starts_for_ever_leaves_the_old_version_running) {
  install();
  vm_.behave("eBPFSvc", Behaviour::kStartPendingForEver, "1.1.0");
  fail_to_update(1013);
  reboot_ends_it();
}

TEST_F(LifecycleWaitedFor, An_eBPFSvc_that_stops_for_ever_is_ended_by_a_boot) {
  vm_.behave("eBPFSvc", Behaviour::kStopHangs);
  install();
  fail_to_disable();
  disable_needs_a_reboot();
  reboot_ends_it();
}

TEST_F(LifecycleWaitedFor, A_driver_without_an_unload_routine_is_left_running_until_a_boot) {
  vm_.behave("NetEbpfExt", Behaviour::kNoUnload);
  install();
  fail_to_disable();
  expect_as_before();
  disable_needs_a_reboot();
  expect_as_before();
  reboot_ends_it();
}

}  // namespace
}  // namespace lifecycle
