// disable: stopped until the next boot or enable.
#include "actions/machine/services.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::ElementsAre;

class Disable : public Bench {
 protected:
  void SetUp() override { enabled(); }
};

TEST_F(Disable, Stops_clients_first_and_EbpfCore_last_and_leaves_start_types) {
  must(Command::kDisable);
  EXPECT_THAT(
      kinds(last_id()),
      ElementsAre("disable-task eBpfTracingStartupTask", "disable-task eBpfTracingPeriodicTask",
                  "stop-service GuestProxyAgent", "stop-service eBPFSvc", "stop-service NetEbpfExt",
                  "stop-service EbpfCore", "enable-task eBpfTracingStartupTask",
                  "enable-task eBpfTracingPeriodicTask"));
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
    EXPECT_EQ(state(name), "stopped") << name;
    EXPECT_EQ(start_type(name), "automatic") << name;
  }
}

TEST_F(Disable, Writes_no_status) {
  std::filesystem::remove(package_.folder("status") / "0.status");
  must(Command::kDisable);
  EXPECT_TRUE(std::filesystem::is_empty(package_.folder("status")));
}

TEST_F(Disable, Twice_is_as_once_and_enable_still_knows_what_ran) {
  must(Command::kDisable);
  const std::string before = vm_.snapshot();
  must(Command::kDisable);
  EXPECT_EQ(vm_.snapshot(), before);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
  must(Command::kEnable);
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(Disable, Enable_gives_back_exactly_what_was_there) {
  const std::string before = vm_.snapshot();
  must(Command::kDisable);
  must(Command::kEnable);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Disable, The_next_boot_brings_everything_back) {
  const std::string before = vm_.snapshot();
  must(Command::kDisable);
  vm_.reboot();
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  must(Command::kEnable);
  EXPECT_EQ(vm_.snapshot(), before);
}

TEST_F(Disable, A_driver_that_does_not_stop_undoes_it) {
  vm_.set("service:NetEbpfExt", {"ignores-stop"});
  const std::string before = vm_.snapshot();
  fails(Command::kDisable, ExitCode::kStopDriver);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_LT(vm_.last_transaction()->duration_ms, 300'000);
}

TEST_F(Disable, Another_client_of_the_drivers_is_stopped_and_started_again_by_enable) {
  behind([](machine::Machine& m) {
    machine::ServiceConfig config = *m.services().config("EbpfCore");
    config.display = "Another extension";
    config.depends_on = {"EbpfCore"};
    m.services().create("OtherExt", config);
    m.services().start("OtherExt");
    m.system().wait_ms(20'000);
  });
  ASSERT_EQ(state("OtherExt"), "running");
  const std::string before = vm_.snapshot();
  must(Command::kDisable);
  EXPECT_EQ(state("OtherExt"), "stopped");
  must(Command::kEnable);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Disable, Services_that_are_missing_are_already_stopped) {
  must(Command::kUninstall);
  must(Command::kDisable);
  EXPECT_EQ(state("EbpfCore"), "");
}

}  // namespace
}  // namespace engine
