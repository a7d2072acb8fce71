// Neighbours: services of others that depend on ours. They are stopped because Windows demands it;
// that one does not start again is said, and is nothing for which eBPF stops.
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kOtherExt = "OtherExt";
constexpr const char* kProxyService = "GuestProxyAgent";

class Neighbour : public Update {
 protected:
  void SetUp() override {
    Update::SetUp();
    behind([](machine::Machine& m) {
      machine::ServiceConfig config = *m.services().config("EbpfCore");
      config.display = "Another extension";
      config.start = machine::StartType::kDemand;
      config.depends_on = {"EbpfCore"};
      m.services().create(kOtherExt, config);
      m.services().start(kOtherExt);
      m.system().wait_ms(1'000);
    });
    ASSERT_EQ(state(kOtherExt), "running");
    before_ = vm_.snapshot();
  }

  static nlohmann::json row(const lab::Package& package, const std::string& name) {
    const nlohmann::json status = package.status(0);
    for (const auto& row : status[0]["status"]["substatus"]) {
      if (row["name"] == name) return row;
    }
    return nullptr;
  }

  // Everything is as before the update, but for the neighbour, which is stopped.
  void expect_before_without_it() const {
    expect_running("1.0.0");
    EXPECT_EQ(state(kOtherExt), "stopped");
    must_start();
    expect_before();
  }
  void must_start() const {
    vm_.set(std::string("service:") + kOtherExt, {"clear"});
    behind([](machine::Machine& m) {
      m.services().start(kOtherExt);
      m.system().wait_ms(1'000);
    });
  }
  void does_not_start() const {
    vm_.set(std::string("service:") + kOtherExt, {"start-fails=1067"});
  }
};

TEST_F(Neighbour, One_that_does_not_start_again_is_named_and_stops_nothing_of_ours) {
  must(commands::Command::kDisable);
  does_not_start();
  const handler::Reply reply = must(commands::Command::kEnable);
  expect_running("1.0.0");
  EXPECT_EQ(outcome(), "committed");
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
  EXPECT_EQ(row(package_, kOtherExt)["status"], "warning");
  EXPECT_EQ(row(package_, kOtherExt)["code"], 1067);
  EXPECT_EQ(row(package_, kProxyService)["status"], "success");
  EXPECT_THAT(text(reply), HasSubstr(kOtherExt));
  const auto proxy = process(kProxyService);
  must(commands::Command::kEnable);
  EXPECT_EQ(process(kProxyService), proxy) << "eBPF is not stopped again for it";
  EXPECT_THAT(kinds(last_id()), testing::ElementsAre(std::string("start-service ") + kOtherExt));
}

TEST_F(Neighbour, One_that_runs_again_is_not_spoken_of_in_the_status) {
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  EXPECT_TRUE(row(package_, kOtherExt).is_null());
  expect_before();
}

TEST_F(Neighbour, One_that_hangs_at_its_start_is_waited_for_ten_seconds_and_left_to_it) {
  must(commands::Command::kDisable);
  vm_.set(std::string("service:") + kOtherExt, {"start-takes=20"});
  must(commands::Command::kEnable);
  EXPECT_LT(vm_.last_transaction()->duration_ms, 25'000);
  EXPECT_EQ(row(package_, kOtherExt)["status"], "warning");
  behind([](machine::Machine& m) { m.system().wait_ms(30'000); });
  EXPECT_EQ(state(kOtherExt), "running");
}

TEST_F(Neighbour, One_that_is_still_on_its_way_is_waited_for_and_stopped_by_disable) {
  must(commands::Command::kDisable);
  vm_.set(std::string("service:") + kOtherExt, {"start-takes=78"});  // longer than one step's limit
  must(commands::Command::kEnable);
  ASSERT_EQ(state(kOtherExt), "start-pending");
  must(commands::Command::kDisable);
  EXPECT_EQ(state(kOtherExt), "stopped");
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_F(Neighbour, One_that_stays_on_its_way_keeps_disable_within_its_time) {
  must(commands::Command::kDisable);
  vm_.set(std::string("service:") + kOtherExt, {"start-hangs"});
  must(commands::Command::kEnable);
  const handler::Reply reply = fails(commands::Command::kDisable, ExitCode::kStopDriver);
  EXPECT_THAT(text(reply), HasSubstr(kOtherExt));
  EXPECT_LT(vm_.last_transaction()->duration_ms, 200'000);
}

TEST_F(Neighbour, One_that_is_still_on_its_way_when_the_enable_fails_is_stopped_again) {
  must(commands::Command::kDisable);
  const std::string disabled = vm_.snapshot();
  vm_.set(std::string("service:") + kOtherExt, {"start-takes=20"});
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  fails(commands::Command::kEnable, ExitCode::kRestartService);
  EXPECT_TRUE(lab::same_machine(disabled, vm_.snapshot()));
}

// F-07: its slow start makes the undo take several commands.
TEST_F(Neighbour, A_slow_one_makes_no_three_attempts_of_one_update) {
  vm_.set(std::string("service:") + kOtherExt, {"start-takes=70"});
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  for (int call = 0; call < 3; ++call) {
    EXPECT_THAT(text(vm_.run(commands::Command::kEnable, fresh_)),
                testing::AllOf(HasSubstr("577"), Not(HasSubstr("tried 3 times"))));
  }
  vm_.set("service:NetEbpfExt", {"clear"});
  whole();
  expect_running("1.1.0");
}

TEST_F(Neighbour, An_update_goes_through_though_it_does_not_start) {
  does_not_start();
  whole();
  expect_running("1.1.0");
  EXPECT_EQ(row(fresh_, kOtherExt)["status"], "warning");
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

TEST_F(Neighbour, An_update_that_fails_for_another_reason_is_undone_though_it_does_not_start) {
  up_to(commands::Command::kEnable);
  does_not_start();
  vm_.set("service:GuestProxyAgent", {"only-version=1.1.0", "unhealthy"});
  const handler::Reply reply =
      with_fault(commands::Command::kEnable, "services.start#3:fail=577", fresh_);
  EXPECT_EQ(reply.code, ExitCode::kStartDriver) << text(reply);
  EXPECT_EQ(outcome(), "undone") << vm_.journal_text();
  EXPECT_THAT(reply.lines, Contains(HasSubstr("does not start again: OtherExt")));
  EXPECT_THAT(text(reply), Not(HasSubstr("Undo failure")));
  expect_before_without_it();
}

// Its trouble may be over by then, and nobody else starts what our commands have stopped.
TEST_F(Neighbour, What_an_update_or_a_repair_could_not_start_the_next_enable_tries_again) {
  does_not_start();
  whole();
  ASSERT_EQ(state(kOtherExt), "stopped");
  vm_.set(std::string("service:") + kOtherExt, {"clear"});
  must(commands::Command::kEnable, fresh_);
  EXPECT_EQ(state(kOtherExt), "running");
  does_not_start();
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  must(commands::Command::kEnable, fresh_);
  ASSERT_EQ(state(kOtherExt), "stopped");
  vm_.set(std::string("service:") + kOtherExt, {"clear"});
  must(commands::Command::kEnable, fresh_);
  EXPECT_EQ(state(kOtherExt), "running");
}

TEST_F(Neighbour, What_an_undo_could_not_start_the_next_enable_tries_again) {
  up_to(commands::Command::kEnable);
  does_not_start();
  with_fault(commands::Command::kEnable, "services.start#3:fail=577", fresh_);
  ASSERT_EQ(state(kOtherExt), "stopped");
  vm_.set(std::string("service:") + kOtherExt, {"clear"});
  must(commands::Command::kEnable);
  expect_before();
}

TEST_F(Neighbour, A_disable_that_is_undone_is_done_with_it_though_it_does_not_start) {
  does_not_start();
  vm_.set("service:NetEbpfExt", {"ignores-stop"});
  const handler::Reply reply = fails(commands::Command::kDisable, ExitCode::kStopDriver);
  EXPECT_EQ(outcome(), "undone");
  EXPECT_THAT(text(reply), HasSubstr(kOtherExt));
  expect_before_without_it();
}

TEST_F(Neighbour, One_that_does_not_stop_is_as_a_driver_that_does_not) {
  vm_.set(std::string("service:") + kOtherExt, {"ignores-stop"});
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  expect_before();
}

TEST_F(Neighbour, A_recovery_ends_though_it_does_not_start) {
  killed(commands::Command::kDisable, "services.stop#4:kill-before");
  does_not_start();
  must(commands::Command::kEnable);
  expect_running("1.0.0");
  EXPECT_EQ(state(kOtherExt), "stopped");
}

// GuestProxyAgent in undo: started, and not waited for.
class ProxyInUndo : public Update {};

TEST_F(ProxyInUndo, Where_all_of_ours_is_back_and_it_does_not_start_the_undo_is_done) {
  up_to(commands::Command::kEnable);
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kRestartService, fresh_);
  EXPECT_EQ(outcome(), "undone") << vm_.journal_text();
  EXPECT_THAT(text(reply), HasSubstr("does not start again: GuestProxyAgent"));
  EXPECT_THAT(text(reply), Not(HasSubstr("Undo failure")));
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "running") << name;
  EXPECT_EQ(operations().back().state, journal::OperationState::kUndone);
}

TEST_F(ProxyInUndo, Recover_tries_it_again_and_gives_back_what_was_there) {
  up_to(commands::Command::kEnable);
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  fails(commands::Command::kEnable, ExitCode::kRestartService, fresh_);
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  EXPECT_EQ(state(kProxyService), "stopped");
  vm_.set("service:GuestProxyAgent", {"clear"});
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
  EXPECT_EQ(meta(engine::product::meta::kNotStarted), "");
}

TEST_F(ProxyInUndo, The_next_enable_tries_it_again) {
  up_to(commands::Command::kEnable);
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  fails(commands::Command::kEnable, ExitCode::kRestartService, fresh_);
  vm_.set("service:GuestProxyAgent", {"clear"});
  must(commands::Command::kEnable);
  expect_before();
}

}  // namespace
}  // namespace engine
