// Services and drivers that fail in each way: what the agent is told, and what runs afterwards.
#include <functional>
#include <thread>

#include "tests/lifecycle/bench.h"

namespace lifecycle {
namespace {

using testing::HasSubstr;

// eBPFSvc is there from 1.0.0 on.
class Services : public Bench {
 public:
  void install() {
    succeeds(agent_.install(old_));
    running_ = snapshot();
    expect_all_run();
  }
  void expect_all_run() const {
    expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
  }
  void expect_as_before() const {
    EXPECT_TRUE(same(running_, snapshot()));
    expect_all_run();
  }
  void fail_to_update(int code) {
    agent_.next_sequence();
    fails(agent_.update(old_, fresh_), code);
    EXPECT_EQ(agent_.status(fresh_).value("status", ""), "error");
    EXPECT_EQ(agent_.status(fresh_).value("code", 0), code);
    package("1.0.0");  // the agent has dropped it
  }
  void fail_to_disable() { fails(agent_.call(old_, "disable"), 1014); }
  void disable_needs_a_reboot() {
    const Call again = agent_.call(old_, "disable");
    succeeds(again);
    EXPECT_THAT(again.ended.out, HasSubstr("reboot needed"));
  }
  void reboot_ends_it() {
    vm_.reboot();
    const lab::ProgramEnd recovered = agent_.recover(old_, {"--abandoned"});
    EXPECT_EQ(recovered.code, 0) << recovered.out << recovered.err;
    expect_as_before();
  }
  WineVm& vm() { return vm_; }

 private:
  const std::string old_ = package("1.0.0");
  const std::string fresh_ = package("1.1.0");
  std::string running_;
};

TEST(LifecycleServices, An_update_whose_eBPFSvc_does_not_stay_up_is_undone) {
  Services services;
  services.install();
  for (const Behaviour behaviour : {Behaviour::kNeverConnects, Behaviour::kExitsAtOnce,
                                    Behaviour::kStopsWith1066, Behaviour::kDiesAfterASecond}) {
    SCOPED_TRACE(static_cast<int>(behaviour));
    services.vm().behave("eBPFSvc", behaviour, "1.1.0");
    services.fail_to_update(1013);
    services.expect_as_before();
  }
}

TEST(LifecycleServices, An_update_after_which_GuestProxyAgent_does_not_stay_up_is_undone) {
  Services services;
  services.install();
  for (const Behaviour behaviour :
       {Behaviour::kNeverConnects, Behaviour::kExitsAtOnce, Behaviour::kDiesAfterASecond}) {
    SCOPED_TRACE(static_cast<int>(behaviour));
    services.vm().behave("GuestProxyAgent", behaviour, "once");
    services.fail_to_update(1020);
    services.expect_as_before();
  }
}

// Those that the handler waits for, up to its limits: each on a VM of its own, all at once.
class AtOnce {
 public:
  void add(const char* what, std::function<void(Services&)> test) {
    threads_.emplace_back([what, test = std::move(test)] {
      SCOPED_TRACE(what);
      Services services;
      test(services);
    });
  }
  ~AtOnce() {
    for (std::thread& thread : threads_)
      thread.join();
  }

 private:
  std::vector<std::thread> threads_;
};

TEST(LifecycleServices, That_are_waited_for_in_vain_leave_the_old_version_running) {
  AtOnce waits;
  for (const Behaviour behaviour : {Behaviour::kStatusIsBad, Behaviour::kStatusIsStale}) {
    waits.add("GuestProxyAgent", [behaviour](Services& services) {
      services.install();
      services.vm().behave("GuestProxyAgent", behaviour, "once");
      services.fail_to_update(1020);
      services.expect_as_before();
    });
  }
  waits.add("eBPFSvc starts for ever", [](Services& services) {
    services.install();
    services.vm().behave("eBPFSvc", Behaviour::kStartPendingForEver, "1.1.0");
    services.fail_to_update(1013);
    services.reboot_ends_it();
  });
  for (const Behaviour behaviour : {Behaviour::kAcceptsNoStop, Behaviour::kIgnoresStop}) {
    waits.add("eBPFSvc does not stop", [behaviour](Services& services) {
      services.vm().behave("eBPFSvc", behaviour);
      services.install();
      services.fail_to_disable();
      services.expect_as_before();
      services.disable_needs_a_reboot();
      services.expect_as_before();
      services.reboot_ends_it();
    });
  }
  waits.add("eBPFSvc stops for ever", [](Services& services) {
    services.vm().behave("eBPFSvc", Behaviour::kStopHangs);
    services.install();
    services.fail_to_disable();
    services.disable_needs_a_reboot();
    services.reboot_ends_it();
  });
  waits.add("a driver without an unload routine", [](Services& services) {
    services.vm().behave("NetEbpfExt", Behaviour::kNoUnload);
    services.install();
    services.fail_to_disable();
    services.expect_as_before();
    services.disable_needs_a_reboot();
    services.expect_as_before();
    services.reboot_ends_it();
  });
}

}  // namespace
}  // namespace lifecycle
