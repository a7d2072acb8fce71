// A driver that does not stop: a boot has to come first, and what was asked for is done after it.
#include <filesystem>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
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
    const handler::Reply reply = vm_.recover_abandoned();
    EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply) << vm_.journal_text();
  }

  void expect_before() const { EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())); }

  void expect_gone() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      EXPECT_TRUE(service(name).empty()) << name << "\n" << vm_.journal_text();
    EXPECT_FALSE(std::filesystem::exists(installed("")));
    EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
    EXPECT_EQ(state("GuestProxyAgent"), "running");
    EXPECT_FALSE(std::filesystem::exists(data("recovery")));
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "");
  }

  std::string before_;
};

TEST_P(RebootNeeded, Disable_undoes_and_says_1014_and_when_it_is_repeated_it_is_marked) {
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  expect_before();
  const handler::Reply reply = must(commands::Command::kDisable);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  EXPECT_EQ(outcome(), "reboot-needed");
  expect_before();
  boot();
  expect_before();
}

// F-06: all runs, as enable wants it.
TEST_P(RebootNeeded, What_comes_after_a_marked_disable_looks_again) {
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
  expect_before();
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  fails(commands::Command::kInstall, ExitCode::kStopDriver, fresh);
  expect_before();
  must(commands::Command::kDisable);  // it is repeated in this boot
  boot();
  expect_before();
  must(commands::Command::kEnable);
}

TEST_P(RebootNeeded, Once_the_driver_stops_again_no_boot_is_needed) {
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  must(commands::Command::kDisable);
  vm_.set(driver(), {"clear"});
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).all());
  EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "1.1.0");
  EXPECT_EQ(state("EbpfCore"), "running");
}

// What Windows says of a driver without an unload routine.
TEST_P(RebootNeeded, Disable_is_marked_too_where_the_stop_is_refused) {
  vm_.set(driver(), {"clear"});
  const std::string refused = "services.stop#" + std::to_string(stop_of(GetParam())) + ":fail=1052";
  EXPECT_EQ(with_fault(commands::Command::kDisable, refused).code, ExitCode::kStopDriver);
  expect_before();
  const handler::Reply reply = with_fault(commands::Command::kDisable, refused);
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  expect_before();
}

TEST_P(RebootNeeded, A_repeated_disable_that_does_stop_is_just_a_disable) {
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  vm_.set(driver(), {"clear"});
  must(commands::Command::kDisable);
  EXPECT_EQ(outcome(), "committed");
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_P(RebootNeeded, Uninstall_succeeds_and_the_boot_finishes_it) {
  const handler::Reply reply = must(commands::Command::kUninstall);
  EXPECT_THAT(reply.lines.front(), HasSubstr("reboot needed"));
  const std::string advice = "What to do: Restart the VM: eBPF is removed after the boot.";
  EXPECT_THAT(reply.lines, testing::Contains(advice));
  EXPECT_THAT(vm_.journal_text(), HasSubstr(advice));
  expect_before();
  EXPECT_EQ(outcome(), "reboot-needed");
  std::filesystem::remove_all(package_.root());
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, The_VM_Agents_whole_removal_succeeds_and_the_boot_finishes_it) {
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  must(commands::Command::kUninstall);
  std::filesystem::remove_all(package_.root());
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, Uninstall_fails_where_no_journal_says_what_to_remove_after_the_boot) {
  lab::write_file(vm_.journal_path(), "no database, and long enough to be looked at");
  fails(commands::Command::kUninstall, ExitCode::kStopDriver);
  expect_before();
  vm_.set(driver(), {"clear"});
  must(commands::Command::kUninstall);
  EXPECT_TRUE(service("EbpfCore").empty());
}

TEST_P(RebootNeeded, A_deployment_before_the_boot_is_not_removed_after_it) {
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall);
  boot();
  expect_before();
}

// F-38
TEST_P(RebootNeeded, A_deployment_that_is_refused_before_the_boot_cancels_no_removal) {
  must(commands::Command::kUninstall);
  const lab::Package older = package("0.10.0");
  for (const auto command : {commands::Command::kInstall, commands::Command::kUpdate}) {
    EXPECT_THAT(text(fails(command, ExitCode::kRebootNeeded, older)),
                testing::HasSubstr("waits for the next boot"));
  }
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, One_that_does_not_stop_after_the_boot_either_waits_for_the_next) {
  must(commands::Command::kUninstall);
  vm_.reboot();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kStopDriver) << vm_.journal_text();
  expect_before();
  boot();
  expect_gone();
}

TEST_P(RebootNeeded, A_deployment_before_the_removal_is_made_up_for_keeps_the_extension) {
  must(commands::Command::kUninstall);
  vm_.set(driver(), {"clear"});
  vm_.reboot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  must(commands::Command::kRecover);
  expect_before();
  EXPECT_EQ(vm_.recover_abandoned().code, ExitCode::kSuccess);
  expect_before();
}

TEST_P(RebootNeeded, An_update_that_meets_it_leaves_the_old_version_running) {
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  fails(commands::Command::kInstall, ExitCode::kStopDriver, fresh);
  expect_before();
  boot();
  expect_before();
}

// F-04. Somebody deletes a driver's registration while it runs and is held open.
class Marked : public Bench {
 protected:
  void SetUp() override {
    enabled();
    vm_.set("service:EbpfCore", {"held-open"});
    behind([](machine::Machine& m) { m.services().remove("EbpfCore"); });
  }
};

TEST_F(Marked, While_it_runs_nothing_is_stopped_and_after_the_boot_enable_repairs) {
  const lab::Package fresh = package("1.1.0");
  fails(commands::Command::kDisable, ExitCode::kRebootNeeded);
  expect_all_running();
  fails(commands::Command::kUpdate, ExitCode::kRebootNeeded, fresh);
  fails(commands::Command::kInstall, ExitCode::kRebootNeeded, fresh);
  expect_all_running();
  must(commands::Command::kEnable);
  expect_all_running();
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  must(commands::Command::kEnable);
  expect_all_running();
  must(lab::UpdateSequence(package_, fresh).all());
  expect_all_running();
}

// F-04, behind a disable: a mark refuses the start too (1072), and only the boot ends it.
class MarkedBehindDisable : public Bench {
 protected:
  void SetUp() override {
    enabled();
    must(commands::Command::kDisable);
    vm_.set("service:EbpfCore", {"held-open"});
    behind([](machine::Machine& m) { m.services().remove("EbpfCore"); });
  }
};

TEST_F(MarkedBehindDisable, A_refused_update_waits_for_the_boot_and_then_enable_repairs) {
  const lab::Package fresh = package("1.1.0");
  const handler::Reply reply = fails(commands::Command::kUpdate, ExitCode::kRebootNeeded, fresh);
  EXPECT_THAT(text(reply), HasSubstr("EbpfCore"));
  EXPECT_EQ(outcome(), "reboot-needed") << vm_.journal_text();
  EXPECT_THAT(text(fails(commands::Command::kEnable, ExitCode::kRebootNeeded)),
              HasSubstr("service EbpfCore is marked for deletion"));
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(Marked, Uninstall_goes_on_with_the_rest) {
  must(commands::Command::kUninstall);
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  vm_.recover_abandoned();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "") << name << vm_.journal_text();
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_FALSE(has(""));
}

INSTANTIATE_TEST_SUITE_P(Drivers, RebootNeeded,
                         testing::Values("EbpfCore", "NetEbpfExt", "eBPFSvc"),
                         [](const auto& driver) { return std::string(driver.param); });

}  // namespace
}  // namespace engine
