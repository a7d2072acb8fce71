// A driver that does not stop: a boot has to come first, and what was asked for is done after it.
#include <filesystem>

#include "engine/store.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

class RebootNeeded : public Bench, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    enabled();
    before_ = vm_.snapshot();
    vm_.set(driver(), {"ignores-stop"});
  }

  static std::string driver() { return std::string("service:") + GetParam(); }

  // Its place among the stops of a disable, after GuestProxyAgent's.
  static int stop_of(const std::string& name) {
    return name == "eBPFSvc" ? 2 : name == "NetEbpfExt" ? 3 : 4;
  }

  void boot() const {
    vm_.set(driver(), {"clear"});
    vm_.reboot();
    const Reply reply = vm_.recover_abandoned();
    EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply) << vm_.journal_text();
  }

  void expect_before() const {
    EXPECT_EQ(vm_.snapshot(), before_) << difference(before_, vm_.snapshot());
  }

  void expect_gone() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      EXPECT_TRUE(service(name).empty()) << name << "\n" << vm_.journal_text();
    EXPECT_FALSE(std::filesystem::exists(installed("")));
    EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
    EXPECT_EQ(state("GuestProxyAgent"), "running");
    EXPECT_FALSE(std::filesystem::exists(data("recovery")));
    EXPECT_EQ(meta(engine::meta::kSettledVersion), "");
  }

  std::string before_;
};

TEST_P(RebootNeeded, Disable_undoes_and_says_1014_and_when_it_is_repeated_it_is_marked) {
  fails(Command::kDisable, ExitCode::kStopDriver);
  expect_before();
  const Reply reply = must(Command::kDisable);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  EXPECT_EQ(outcome(), "reboot-needed");
  expect_before();
  boot();
  expect_before();
}

TEST_P(RebootNeeded, What_comes_after_a_marked_disable_is_told_to_restart_the_vm) {
  fails(Command::kDisable, ExitCode::kStopDriver);
  must(Command::kDisable);
  fails(Command::kEnable, ExitCode::kRebootNeeded);
  const auto status = package_.status(0)[0]["status"];
  EXPECT_EQ(status["status"], "error");
  EXPECT_EQ(status["code"], 1106);
  EXPECT_THAT(status["formattedMessage"]["message"], HasSubstr("Restart the VM"));
  const lab::Package fresh = package("1.1.0");
  fails(Command::kUpdate, ExitCode::kRebootNeeded, fresh);
  fails(Command::kInstall, ExitCode::kRebootNeeded, fresh);
  must(Command::kDisable);
  boot();
  expect_before();
  must(Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

// What Windows says of a driver without an unload routine.
TEST_P(RebootNeeded, Disable_is_marked_too_where_the_stop_is_refused) {
  vm_.set(driver(), {"clear"});
  const std::string refused = "services.stop#" + std::to_string(stop_of(GetParam())) + ":fail=1052";
  EXPECT_EQ(with_fault(Command::kDisable, refused).code, ExitCode::kStopDriver);
  expect_before();
  const Reply reply = with_fault(Command::kDisable, refused);
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  expect_before();
}

TEST_P(RebootNeeded, A_repeated_disable_that_does_stop_is_just_a_disable) {
  fails(Command::kDisable, ExitCode::kStopDriver);
  vm_.set(driver(), {"clear"});
  must(Command::kDisable);
  EXPECT_EQ(outcome(), "committed");
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_P(RebootNeeded, Uninstall_succeeds_and_the_boot_finishes_it) {
  const Reply reply = must(Command::kUninstall);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  expect_before();
  EXPECT_EQ(outcome(), "reboot-needed");
  std::filesystem::remove_all(package_.root());
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, The_agents_whole_removal_succeeds_and_the_boot_finishes_it) {
  fails(Command::kDisable, ExitCode::kStopDriver);
  must(Command::kDisable);
  must(Command::kUninstall);
  must(Command::kUninstall);
  std::filesystem::remove_all(package_.root());
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, Uninstall_fails_where_no_journal_says_what_to_remove_after_the_boot) {
  lab::write_file(vm_.journal_path(), "no database, and long enough to be looked at");
  fails(Command::kUninstall, ExitCode::kStopDriver);
  expect_before();
  vm_.set(driver(), {"clear"});
  must(Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty());
}

TEST_P(RebootNeeded, A_deployment_before_the_boot_is_not_removed_after_it) {
  must(Command::kUninstall);
  fails(Command::kInstall, ExitCode::kRebootNeeded);
  boot();
  expect_before();
}

TEST_P(RebootNeeded, One_that_does_not_stop_after_the_boot_either_waits_for_the_next) {
  must(Command::kUninstall);
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kStopDriver) << vm_.journal_text();
  expect_before();
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, A_deployment_before_the_removal_is_made_up_for_keeps_the_extension) {
  must(Command::kUninstall);
  fails(Command::kInstall, ExitCode::kRebootNeeded);
  vm_.set(driver(), {"clear"});
  vm_.reboot();
  must(Command::kInstall);
  must(Command::kEnable);
  must(Command::kRecover);
  expect_before();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
}

TEST_P(RebootNeeded, An_update_that_meets_it_leaves_the_old_version_running) {
  const lab::Package fresh = package("1.1.0");
  must(Command::kUpdate, fresh);
  must(Command::kUninstall);
  fails(Command::kInstall, ExitCode::kStopDriver, fresh);
  expect_before();
  boot();
  expect_before();
}

INSTANTIATE_TEST_SUITE_P(Drivers, RebootNeeded,
                         testing::Values("EbpfCore", "NetEbpfExt", "eBPFSvc"),
                         [](const auto& driver) { return std::string(driver.param); });

}  // namespace
}  // namespace engine
