// disable: stopped until the next boot or enable.
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::ElementsAre;

class Disable : public Bench {
 protected:
  void SetUp() override { enabled(); }
};

TEST_F(Disable, Stops_clients_first_and_EbpfCore_last_and_leaves_start_types) {
  must(commands::Command::kDisable);
  EXPECT_THAT(kinds(last_id()), ElementsAre("stop-service GuestProxyAgent", "stop-service eBPFSvc",
                                            "stop-service NetEbpfExt", "stop-service EbpfCore"));
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
    EXPECT_EQ(state(name), "stopped") << name;
    EXPECT_EQ(start_type(name), "automatic") << name;
  }
}

TEST_F(Disable, Writes_no_status) {
  std::filesystem::remove(package_.folder("status") / "0.status");
  must(commands::Command::kDisable);
  EXPECT_TRUE(std::filesystem::is_empty(package_.folder("status")));
}

TEST_F(Disable, Twice_is_as_once_and_enable_still_knows_what_ran) {
  must(commands::Command::kDisable);
  const std::string before = vm_.snapshot();
  must(commands::Command::kDisable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_TRUE(vm_.steps(last_id()).empty());
  must(commands::Command::kEnable);
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(Disable, Enable_gives_back_exactly_what_was_there) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Disable, The_next_boot_brings_everything_back) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kDisable);
  vm_.reboot();
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Disable, A_driver_that_does_not_stop_undoes_it) {
  vm_.set("service:NetEbpfExt", {"ignores-stop"});
  const std::string before = vm_.snapshot();
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
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
  must(commands::Command::kDisable);
  EXPECT_EQ(state("OtherExt"), "stopped");
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

// Clients of others: one of GuestProxyAgent, one of a driver; the second runs although its owner
// has disabled it since.
class DisableUnderClients : public Disable {
 protected:
  void SetUp() override {
    Disable::SetUp();
    behind([](machine::Machine& m) {
      const auto create = [&](const std::string& name, const std::string& on) {
        machine::ServiceConfig config = *m.services().config("EbpfCore");
        config.display = "Client " + name;
        config.start = machine::StartType::kDemand;
        config.depends_on = {on};
        m.services().create(name, config);
        m.services().start(name);
        m.system().wait_ms(1'000);
      };
      create("Monitor", "GuestProxyAgent");
      create("OtherExt", "EbpfCore");
      auto config = *m.services().config("OtherExt");
      config.start = machine::StartType::kDisabled;
      m.services().change("OtherExt", config);
    });
    before_ = vm_.snapshot();
  }
  void expect_before() const { EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())); }
  std::string before_;
};

TEST_F(DisableUnderClients, Stops_them_in_order_notes_them_and_leaves_their_start_types) {
  must(commands::Command::kDisable);
  std::vector<std::string> of_services = kinds(last_id());
  std::erase_if(of_services,
                [](const std::string& kind) { return kind.find("-task ") != std::string::npos; });
  EXPECT_THAT(of_services, ElementsAre("stop-service Monitor", "stop-service GuestProxyAgent",
                                       "set-start-type OtherExt", "stop-service OtherExt",
                                       "set-start-type OtherExt", "stop-service eBPFSvc",
                                       "stop-service NetEbpfExt", "stop-service EbpfCore"));
  EXPECT_EQ(start_type("OtherExt"), "disabled");
  EXPECT_THAT(vm_.journal_text(), testing::HasSubstr("Service Monitor uses the data path"));
  EXPECT_THAT(vm_.journal_text(), testing::HasSubstr("Service OtherExt uses the data path"));
}

TEST_F(DisableUnderClients, Enable_starts_them_in_order_also_the_disabled_one) {
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  expect_before();
  EXPECT_THAT(
      kinds(last_id()),
      ElementsAre("start-service EbpfCore", "start-service NetEbpfExt", "start-service eBPFSvc",
                  "set-start-type OtherExt", "start-service OtherExt", "set-start-type OtherExt",
                  "start-service GuestProxyAgent", "start-service Monitor"));
}

TEST_F(DisableUnderClients, An_enable_that_restarts_gives_them_back_or_is_undone_to_them) {
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  const std::string damaged = vm_.snapshot();
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#3:fail=577").code,
            ExitCode::kStartDriver);
  EXPECT_TRUE(lab::same_machine(damaged, vm_.snapshot()));
  must(commands::Command::kEnable);
  expect_before();
}

TEST_F(DisableUnderClients, A_disable_that_is_undone_starts_them_again) {
  vm_.set("service:NetEbpfExt", {"ignores-stop"});
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  expect_before();
}

TEST_F(DisableUnderClients, An_update_that_is_undone_starts_them_again) {
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kDisable);
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kInstall, fresh);
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  fails(commands::Command::kEnable, ExitCode::kRestartService, fresh);
  expect_before();
}

TEST_F(DisableUnderClients, After_a_boot_the_disabled_one_is_left) {
  must(commands::Command::kDisable);
  vm_.reboot();
  must(commands::Command::kEnable);
  EXPECT_EQ(state("OtherExt"), "stopped");
  EXPECT_EQ(start_type("OtherExt"), "disabled");
}

TEST_F(Disable, Services_that_are_missing_are_already_stopped) {
  must(commands::Command::kUninstall);
  must(commands::Command::kDisable);
  EXPECT_EQ(state("EbpfCore"), "");
}

}  // namespace
}  // namespace engine
