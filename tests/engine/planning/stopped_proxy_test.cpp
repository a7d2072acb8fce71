// A stopped GuestProxyAgent: what its owner stopped is left so, what is down is started.
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

class StoppedProxy : public Bench {
 protected:
  explicit StoppedProxy(const machine::simulated::VmOptions& options = {}) : Bench(options) {}
  nlohmann::json proxy_row() const {
    const nlohmann::json status = package_.status(0);
    for (const auto& row : status[0]["status"]["substatus"]) {
      if (row["name"] == "GuestProxyAgent") return row;
    }
    return nullptr;
  }
};

// Its owner has stopped it while eBPF ran.
class ProxyIsStopped : public StoppedProxy {
 protected:
  void SetUp() override {
    enabled();
    stop_it();
    before_ = vm_.snapshot();
  }
  void stop_it() const {
    behind([](machine::Machine& m) {
      m.services().stop("GuestProxyAgent");
      m.system().wait_ms(5'000);
    });
    ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  }
  void expect_left() const {
    EXPECT_EQ(state("GuestProxyAgent"), "stopped");
    EXPECT_EQ(state("EbpfCore"), "running");
    EXPECT_EQ(state("eBPFSvc"), "running");
  }
  std::string before_;
};

TEST_F(ProxyIsStopped, It_is_left_stopped) {
  must(commands::Command::kEnable);
  expect_left();
  EXPECT_EQ(proxy_row()["status"], "warning");
  EXPECT_THAT(proxy_row().dump(), testing::HasSubstr("left as its owner had it"));
  must(commands::Command::kDisable);
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  expect_left();
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_F(ProxyIsStopped, It_is_left_stopped_by_an_update_and_by_one_that_is_undone) {
  const lab::Package fresh = package("1.1.0");
  const lab::UpdateSequence update(package_, fresh);
  must(update.before(commands::Command::kEnable));
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh).code,
            ExitCode::kStartDriver);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
  must(lab::UpdateSequence(package_, fresh).all());
  expect_left();
}

TEST_F(ProxyIsStopped, It_is_left_stopped_by_an_update_without_a_disable) {
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kInstall, fresh);
  must(commands::Command::kEnable, fresh);
  expect_left();
}

TEST_F(ProxyIsStopped, It_is_left_stopped_by_an_uninstall) {
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
}

TEST_F(ProxyIsStopped, The_next_boot_starts_it_and_the_record_is_past) {
  must(commands::Command::kDisable);
  vm_.set("service:EbpfCore", {"start-fails=1455"});
  vm_.reboot();
  vm_.set("service:EbpfCore", {"clear"});
  must(commands::Command::kEnable);
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

// It starts by itself, does not run, and its owner did not stop it.
class ProxyIsDown : public StoppedProxy {
 protected:
  using StoppedProxy::StoppedProxy;
  // A boot at which EbpfCore fails; then its cause is gone.
  void boot_without_ebpf() const {
    vm_.set("service:EbpfCore", {"start-fails=1455"});
    vm_.reboot();
    vm_.set("service:EbpfCore", {"clear"});
    ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  }
};

TEST_F(ProxyIsDown, Behind_a_boot_at_which_a_driver_failed_enable_starts_it) {
  enabled();
  const std::string before = vm_.snapshot();
  boot_without_ebpf();
  must(commands::Command::kEnable);
  expect_all_running();
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(proxy_row()["status"], "success");
}

TEST_F(ProxyIsDown, Behind_a_disable_whose_journal_is_lost_enable_starts_it) {
  enabled();
  must(commands::Command::kDisable);
  std::filesystem::remove_all(data(""));
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(ProxyIsDown, Behind_a_disable_whose_journal_is_lost_uninstall_starts_it) {
  enabled();
  must(commands::Command::kDisable);
  std::filesystem::remove(vm_.journal_path());
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

// F-04. It depends on a driver that the boot has taken away.
TEST_F(ProxyIsDown, Behind_a_boot_that_removes_a_marked_driver_uninstall_starts_it) {
  enabled();
  vm_.set("service:EbpfCore", {"held-open"});
  behind([](machine::Machine& m) { m.services().remove("EbpfCore"); });
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  ASSERT_EQ(state("EbpfCore"), "");
  ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_THAT(service("GuestProxyAgent").at("depends"),
              testing::UnorderedElementsAre("EbpfCore", "NetEbpfExt"));
}

TEST_F(ProxyIsDown, Where_uninstall_finds_nothing_of_ours_it_is_left) {
  enabled();
  must(commands::Command::kUninstall);
  vm_.set("service:GuestProxyAgent", {"crashes-after=1"});
  behind([](machine::Machine& m) { m.system().wait_ms(5'000); });
  vm_.set("service:GuestProxyAgent", {"clear"});
  ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
}

TEST_F(ProxyIsDown, One_that_crashed_is_started) {
  enabled();
  vm_.set("service:GuestProxyAgent", {"crashes-after=1"});
  behind([](machine::Machine& m) { m.system().wait_ms(5'000); });
  vm_.set("service:GuestProxyAgent", {"clear"});
  ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(ProxyIsDown, One_that_does_not_start_is_said_with_1020_and_nothing_is_undone) {
  enabled();
  boot_without_ebpf();
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kRestartService);
  EXPECT_EQ(outcome(), "committed");
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "running") << name;
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "error");
  EXPECT_EQ(package_.status(0)[0]["status"]["code"], 1020);
  EXPECT_THAT(text(reply), testing::HasSubstr("nothing was undone"));
  vm_.set("service:GuestProxyAgent", {"clear"});
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(ProxyIsDown, One_that_starts_and_is_ill_is_said_with_1020_and_nothing_is_undone) {
  enabled();
  boot_without_ebpf();
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  fails(commands::Command::kEnable, ExitCode::kRestartService);
  EXPECT_EQ(outcome(), "committed");
  expect_all_running();
}

class ProxyWaitsForEBPF : public ProxyIsDown {
 protected:
  ProxyWaitsForEBPF() : ProxyIsDown({.gpa = machine::simulated::Gpa::kStopped}) {}
};

TEST_F(ProxyWaitsForEBPF, One_that_never_ran_for_want_of_eBPF_is_started_by_the_first_enable) {
  must(commands::Command::kInstall);
  EXPECT_EQ(state("GuestProxyAgent"), "stopped");
  must(commands::Command::kEnable);
  expect_all_running();
  EXPECT_EQ(proxy_row()["status"], "success");
}

}  // namespace
}  // namespace engine
