// GuestProxyAgent around enable: stopped first and started last where it ran, else left alone; and
// judged by what it was before.
#include <algorithm>
#include <cctype>

#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/product/guest_proxy_agent.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using machine::simulated::Gpa;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kProxy = "GuestProxyAgent";

nlohmann::json substatus(const lab::Package& package, const std::string& name) {
  const auto status = package.status(0)[0]["status"];
  for (const auto& row : status["substatus"]) {
    if (row["name"] == name) return row;
  }
  return nullptr;
}

class ProxyRuns : public Bench {};

TEST_F(ProxyRuns, It_is_a_new_process_after_enable) {
  must(commands::Command::kInstall);
  const auto before = process(kProxy);
  must(commands::Command::kEnable);
  EXPECT_EQ(state(kProxy), "running");
  EXPECT_NE(process(kProxy), before);
  EXPECT_EQ(substatus(package_, kProxy)["status"], "success");
}

TEST_F(ProxyRuns, One_that_does_not_start_again_undoes_enable) {
  must(commands::Command::kInstall);
  vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
  fails(commands::Command::kEnable, ExitCode::kRestartService);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_TRUE(has("ebpfapi.dll"));
}

TEST_F(ProxyRuns, One_that_is_not_running_in_time_undoes_enable) {
  must(commands::Command::kInstall);
  vm_.set("service:GuestProxyAgent", {"start-takes=200"});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kRestartService);
  EXPECT_THAT(text(reply), HasSubstr(kProxy));
  EXPECT_EQ(start_type("EbpfCore"), "demand");
  EXPECT_LT(vm_.last_transaction()->duration_ms, 300'000);
}

TEST_F(ProxyRuns, One_that_fails_once_runs_again_after_the_undo) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  const handler::Reply reply = with_fault(commands::Command::kEnable, "services.start#4:fail=1053");
  EXPECT_EQ(reply.code, ExitCode::kRestartService) << text(reply);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(state(kProxy), "running");
}

TEST_F(ProxyRuns, Its_process_has_ended_before_the_drivers_are_stopped) {
  enabled();
  const auto pid = process(kProxy);
  int stops = 0;
  Watch watch([&](const machine::Call& call) {
    if (call.name != "services.stop" || call.object == kProxy) return;
    ++stops;
    behind([&](machine::Machine& m) { EXPECT_FALSE(m.services().process_alive(pid)); });
  });
  EXPECT_EQ(vm_.run(commands::Command::kDisable, package_, &watch).code, ExitCode::kSuccess);
  EXPECT_EQ(stops, 3);
}

class ProxyIsAbsent : public Bench {
 protected:
  ProxyIsAbsent() : Bench({.gpa = Gpa::kAbsent}) {}
};

TEST_F(ProxyIsAbsent, It_is_skipped_and_not_spoken_of) {
  must(commands::Command::kInstall);
  const handler::Reply reply = must(commands::Command::kEnable);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_TRUE(substatus(package_, kProxy).is_null());
  EXPECT_THAT(text(reply), Not(HasSubstr(kProxy)));
  EXPECT_THAT(package_.status(0).dump(), Not(HasSubstr(kProxy)));
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
}

class ProxyIsDisabled : public Bench {
 protected:
  ProxyIsDisabled() : Bench({.gpa = Gpa::kDisabled}) {}
};

TEST_F(ProxyIsDisabled, It_is_left_disabled) {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(state(kProxy), "stopped");
  EXPECT_EQ(start_type(kProxy), "disabled");
  EXPECT_EQ(state("EbpfCore"), "running");
}

TEST_F(ProxyRuns, Disabled_by_its_owner_after_our_disable_it_is_left_so) {
  enabled();
  must(commands::Command::kDisable);
  behind([](machine::Machine& m) {
    auto config = *m.services().config(kProxy);
    config.start = machine::StartType::kDisabled;
    m.services().change(kProxy, config);
  });
  must(commands::Command::kEnable);
  EXPECT_EQ(state(kProxy), "stopped");
  EXPECT_EQ(start_type(kProxy), "disabled");
}

// What GuestProxyAgent was before an enable that restarts it, what becomes of it, and what follows.
enum class Way { kEnable, kRepair, kUpdate };

struct Case {
  product::ProxyHealth before;
  std::string after;
  product::ProxyVerdict verdict;
  Way way;
};

constexpr const char* kNeverRuns = "never_runs";
constexpr const char* kSameProcess = "same_process";

std::vector<Case> cases() {
  using H = product::ProxyHealth;
  using V = product::ProxyVerdict;
  struct Row {
    std::string after;
    V healthy;
    V unhealthy;
    V unknown;
  };
  const std::vector<Row> rows{
      // before:              healthy      unhealthy     unknown
      {"healthy", V::kFine, V::kFine, V::kFine},
      {"unhealthy", V::kRegress, V::kComplain, V::kComplain},
      {"status-file=absent", V::kRegress, V::kWarn, V::kWarn},
      {"status-file=stale", V::kRegress, V::kWarn, V::kWarn},
      {"status-file=garbage", V::kRegress, V::kWarn, V::kWarn},
      {kNeverRuns, V::kRegress, V::kRegress, V::kRegress},
      {"crashes-after=3", V::kRegress, V::kRegress, V::kRegress},
      {kSameProcess, V::kRegress, V::kRegress, V::kRegress},
  };
  std::vector<Case> all;
  for (const Way way : {Way::kEnable, Way::kRepair, Way::kUpdate}) {
    for (const Row& row : rows) {
      const bool main =
          row.after == "unhealthy" || row.after == "status-file=absent" || row.after == "healthy";
      if (way == Way::kUpdate && !main && row.after != "crashes-after=3") continue;
      all.push_back({H::kHealthy, row.after, row.healthy, way});
      all.push_back({H::kUnhealthy, row.after, row.unhealthy, way});
      all.push_back({H::kUnknown, row.after, row.unknown, way});
    }
  }
  return all;
}

class ProxyIsJudged : public Bench, public testing::WithParamInterface<Case> {
 protected:
  void SetUp() override {
    enabled();
    if (GetParam().before != product::ProxyHealth::kHealthy) {
      vm_.set("service:GuestProxyAgent",
              {GetParam().before == product::ProxyHealth::kUnhealthy ? "unhealthy"
                                                                     : "status-file=garbage"});
      behind([](machine::Machine& m) { m.system().wait_ms(61'000); });
    }
    if (way() == Way::kRepair) lab::write_file(installed("ebpfapi.dll"), "damaged");
    process_ = process(kProxy);
    before_ = vm_.snapshot();
    if (way() == Way::kRepair) return;
    must(commands::Command::kDisable);
    if (way() == Way::kEnable) before_ = vm_.snapshot();
  }

  static Way way() { return GetParam().way; }
  const lab::Package& incoming() const { return way() == Way::kUpdate ? fresh_ : package_; }

  void arm() const {
    const std::string& after = GetParam().after;
    vm_.set("service:GuestProxyAgent", {"clear"});
    if (after == kSameProcess) {
      vm_.set("service:GuestProxyAgent", {"process-id=" + std::to_string(process_)});
    } else if (after != "healthy" && after != kNeverRuns) {
      vm_.set("service:GuestProxyAgent", {after});
    }
  }

  handler::Reply enable() const {
    if (way() == Way::kUpdate) {
      must(commands::Command::kUpdate, fresh_);
      must(commands::Command::kUninstall);
      must(commands::Command::kInstall, fresh_);
    }
    arm();
    if (GetParam().after == kNeverRuns)
      return with_fault(commands::Command::kEnable, "services.start#4:fail=1053", incoming());
    return vm_.run(commands::Command::kEnable, incoming());
  }

  void expect_status(const std::string& status, int code, const std::string& of_proxy) const {
    const auto found = incoming().status(0)[0]["status"];
    EXPECT_EQ(found["status"], status) << found.dump(2);
    EXPECT_EQ(found["code"], code);
    EXPECT_EQ(substatus(incoming(), kProxy)["status"], of_proxy) << found.dump(2);
  }

  lab::Package fresh_ = package("1.1.0");
  std::string before_;
  std::uint32_t process_ = 0;
};

TEST_P(ProxyIsJudged, By_what_it_was_before) {
  const handler::Reply reply = enable();
  const auto last = vm_.last_transaction();
  if (GetParam().verdict == product::ProxyVerdict::kRegress) {
    EXPECT_EQ(reply.code, ExitCode::kRestartService) << text(reply);
    EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
    EXPECT_EQ(outcome(), "undone");
    expect_status("error", 1020, "error");
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.0.0");
    return;
  }
  EXPECT_EQ(outcome(), "committed") << vm_.journal_text();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", kProxy}) {
    EXPECT_EQ(state(name), "running") << name;
    if (name != kProxy) {
      EXPECT_EQ(substatus(incoming(), name)["status"], "success") << name;
    }
  }
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), incoming().version());
  EXPECT_NE(process(kProxy), process_);
  if (GetParam().verdict == product::ProxyVerdict::kComplain) {
    EXPECT_EQ(reply.code, ExitCode::kRestartService) << text(reply);
    EXPECT_THAT(text(reply), HasSubstr("Stop the roll-out"));
    expect_status("error", 1020, "error");
    EXPECT_EQ(last->code, 1020);
    EXPECT_THAT(last->cause.dump(), HasSubstr(kProxy));
    EXPECT_THAT(vm_.journal_text(), HasSubstr("What to do: Stop the roll-out"));
    must(commands::Command::kEnable, incoming());
    EXPECT_TRUE(vm_.steps(last_id()).empty()) << "it is not restarted, and not judged";
    expect_status("success", 0, "warning");
    return;
  }
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_EQ(last->code, 0);
  expect_status("success", 0,
                GetParam().verdict == product::ProxyVerdict::kFine ? "success" : "warning");
}

std::string case_name(const testing::TestParamInfo<Case>& row) {
  const char* way = row.param.way == Way::kEnable   ? "enable"
                    : row.param.way == Way::kRepair ? "repair"
                                                    : "update";
  std::string name = std::string(way) + "_from_" + std::string(to_text(row.param.before)) + "_to_" +
                     row.param.after;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Rows, ProxyIsJudged, testing::ValuesIn(cases()), case_name);

TEST_F(ProxyRuns, Its_health_before_a_first_enable_is_bad_and_good_is_fine) {
  must(commands::Command::kInstall);
  behind([](machine::Machine& m) {
    EXPECT_EQ(product::read_proxy(m).health, product::ProxyHealth::kUnhealthy)
        << "eBPF is not there yet";
  });
  must(commands::Command::kEnable);
  EXPECT_THAT(vm_.journal_text(), HasSubstr("GuestProxyAgent was unhealthy before; it is healthy"));
}

TEST_F(ProxyRuns, What_installs_own_stop_found_counts_where_nobody_disabled) {
  enabled();
  const lab::Package fresh = package("1.1.0");
  const std::string before = vm_.snapshot();
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kInstall, fresh);
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  fails(commands::Command::kEnable, ExitCode::kRestartService, fresh);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(ProxyRuns, A_file_that_comes_after_a_minute_is_waited_for) {
  enabled();
  must(commands::Command::kDisable);
  vm_.set("service:GuestProxyAgent", {"status-file=stale"});
  // Its first file fails; what it writes a minute later is good.
  struct Mend final : machine::CallObserver {
    explicit Mend(std::function<void()> mend_it) : mend(std::move(mend_it)) {}
    void before(const machine::Call&) override {}
    void after(const machine::Call& call) override {
      if (call.name == "system.wait_ms" && started) mend();
      started = started || (call.name == "services.start" && call.object == kProxy);
    }
    std::function<void()> mend;
    bool started = false;
  };
  int waits = 0;
  Mend observer([&] {
    if (++waits == 5) vm_.set("service:GuestProxyAgent", {"clear"});
  });
  const handler::Reply reply = vm_.run(commands::Command::kEnable, package_, &observer);
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_GT(vm_.last_transaction()->duration_ms, 60'000);
}

TEST_F(ProxyRuns, An_enable_that_does_not_restart_it_does_not_judge_it) {
  enabled();
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  behind([](machine::Machine& m) { m.system().wait_ms(61'000); });
  const auto proxy = process(kProxy);
  must(commands::Command::kEnable);
  EXPECT_EQ(process(kProxy), proxy);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
  EXPECT_EQ(substatus(package_, kProxy)["status"], "warning");
  EXPECT_THAT(substatus(package_, kProxy).dump(), HasSubstr("unhealthy"));
}

// It starts, and is watched until it has written its status file again.
TEST(CommandTable, Enable_has_the_time_to_watch_GuestProxyAgent) {
  constexpr std::int64_t kToStartMs = 5'000;
  EXPECT_GE(commands::row(commands::Command::kEnable).time.proxy_ms,
            product::kProxyPatienceMs + kToStartMs);
}

}  // namespace
}  // namespace engine
