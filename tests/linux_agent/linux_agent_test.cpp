// Azure's Linux agent, its own code, calls the handler on a simulated VM: it must accept our
// manifest and status, and whatever it calls, in its own order, ends as its user was promised.
#include "tests/linux_agent/linux_agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "json/json.h"
#include "tests/lab/lab.h"
#include "tests/lab/package_zip.h"
#include "tests/lab/temporary_folder.h"
#include "tests/machine/zip_file.h"
#include "tests/world/oracle.h"
#include "tests/world/payload.h"
#include "tests/world/powershell_package.h"
#include "tests/world/sight.h"
#include "tests/world/vm_agent.h"

namespace linux_agent {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kEnableFailed = 1009;      // the agent's codes of a handler that is not ready
constexpr int kSignatureRefused = 1013;  // ours: a driver does not start
constexpr const char* kHandler = EBPF_TEST_BIN "/ebpf-handler";

std::string handler_of(const std::string& payload) { return payload + ".1"; }

class LinuxAgentDrives : public testing::Test {
 protected:
  LinuxAgentDrives() {
    virgin_ = sight();
    for (const char* version : {"0.9.1", "0.10.0"})
      agent_.offer(handler_of(version), lab::package_zip(version, kHandler));
  }

  // New settings, as each deployment brings them, or the same ones again.
  Report deploy(const std::string& payload) {
    wanted_ = {.version = handler_of(payload), .sequence = ++sequence_};
    return agent_.process(wanted_);
  }
  Report deploy_and_die(const std::string& payload, const std::string& behind) {
    wanted_ = {.version = handler_of(payload), .sequence = ++sequence_};
    return agent_.process(wanted_, behind);
  }
  Report remove() {
    wanted_.state = "uninstall";
    return agent_.process(wanted_);
  }
  Report restart() { return agent_.process(wanted_); }

  world::Sight sight() const { return world::look(*vm_.home()); }

  // What a user sees of a version that runs: its bytes, complete, and GuestProxyAgent.
  void expect_runs(const std::string& payload) const {
    const world::Sight now = sight();
    world::Findings found;
    world::judge_runs(now, world::payload(payload), found);
    world::judge_files(now, world::payload(payload), found);
    world::judge_registered(now, world::payload(payload), found);
    world::judge_proxy(now, found);
    for (const world::Finding& finding : found)
      ADD_FAILURE() << payload << ": " << to_text(finding);
  }
  void expect_nothing_left() const {
    world::Findings found;
    world::judge_nothing_left(virgin_, sight(), found);
    for (const world::Finding& finding : found)
      ADD_FAILURE() << to_text(finding);
  }
  void expect_ready(const Report& report, const std::string& payload) const {
    ASSERT_FALSE(report.handler.is_null()) << report.text();
    EXPECT_EQ(report.goal_state, "Success") << report.text();
    EXPECT_EQ(report.handler.at("status"), "Ready") << report.text();
    EXPECT_EQ(report.handler.at("version"), handler_of(payload));
    EXPECT_EQ(report.handler.at("code"), 0);
    ASSERT_FALSE(report.extension.is_null()) << report.text();
    EXPECT_EQ(report.extension.at("status"), "success") << report.text();
    EXPECT_EQ(report.extension.at("sequenceNumber"), sequence_);
    EXPECT_EQ(report.extension.at("operation"), "Enable");
    EXPECT_THAT(report.extension.at("message").get<std::string>(), HasSubstr(payload));
    EXPECT_FALSE(report.extension.at("substatusList").empty());
    for (const json& row : report.extension.at("substatusList"))
      EXPECT_EQ(row.at("status"), "success") << row;
  }

  lab::TemporaryFolder temporary_;
  lab::Vm vm_ = lab::Vm::create(temporary_.path() / "vm", {.gpa_depends = true});
  LinuxAgent agent_{temporary_.path() / "agent", vm_.folder()};
  world::Sight virgin_;
  GoalState wanted_;
  int sequence_ = -1;
};

TEST_F(LinuxAgentDrives, install_and_enable_and_reads_our_manifest_and_status) {
  const Report report = deploy("0.9.1");
  EXPECT_THAT(report.calls(), ElementsAre("install 0.9.1.1=0", "enable 0.9.1.1=0"));
  expect_ready(report, "0.9.1");
  expect_runs("0.9.1");
  // Its log collector takes what lies here.
  EXPECT_TRUE(fs::exists(agent_.log_folder() / "ebpf_handler.log"));
}

TEST_F(LinuxAgentDrives, enable_alone_for_new_settings_and_when_it_starts_again) {
  deploy("0.9.1");
  const Report settings = deploy("0.9.1");
  EXPECT_THAT(settings.calls(), ElementsAre("enable 0.9.1.1=0"));
  expect_ready(settings, "0.9.1");

  vm_.reboot();
  const Report restarted = restart();
  EXPECT_THAT(restarted.calls(), ElementsAre("enable 0.9.1.1=0"));
  expect_ready(restarted, "0.9.1");
  expect_runs("0.9.1");
}

TEST_F(LinuxAgentDrives, an_extension_without_settings) {
  wanted_ = {.version = handler_of("0.9.1"), .sequence = std::nullopt};
  const Report report = restart();
  EXPECT_THAT(report.calls(), ElementsAre("install 0.9.1.1=0", "enable 0.9.1.1=0"));
  EXPECT_EQ(report.handler.at("status"), "Ready") << report.text();
  EXPECT_TRUE(report.extension.is_null()) << "without settings it reads no status file";
  expect_runs("0.9.1");
}

TEST_F(LinuxAgentDrives, an_update_and_a_downgrade) {
  deploy("0.9.1");
  const Report up = deploy("0.10.0");
  EXPECT_THAT(up.calls(),
              ElementsAre("disable 0.9.1.1=0", "update 0.10.0.1=0", "uninstall 0.9.1.1=0",
                          "install 0.10.0.1=0", "enable 0.10.0.1=0"));
  expect_ready(up, "0.10.0");
  expect_runs("0.10.0");
  EXPECT_FALSE(fs::exists(agent_.handler_folder("0.9.1.1")));

  // The higher version's program is asked to make way.
  const Report down = deploy("0.9.1");
  EXPECT_THAT(down.calls(),
              ElementsAre("disable 0.10.0.1=0", "update 0.10.0.1=0", "uninstall 0.10.0.1=0",
                          "install 0.9.1.1=0", "enable 0.9.1.1=0"));
  expect_ready(down, "0.9.1");
  expect_runs("0.9.1");
}

TEST_F(LinuxAgentDrives, an_update_that_fails_then_its_retry_once_the_cause_is_mended) {
  deploy("0.9.1");
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=0.10.0"});
  const auto expect_failed = [this](const Report& report) {
    EXPECT_EQ(report.handler.at("status"), "NotReady") << report.text();
    EXPECT_EQ(report.handler.at("version"), "0.10.0.1");
    EXPECT_EQ(report.handler.at("code"), kEnableFailed);
    EXPECT_EQ(report.extension.at("status"), "error") << report.text();
    EXPECT_EQ(report.extension.at("code"), kSignatureRefused) << report.text();
    EXPECT_EQ(report.extension.at("sequenceNumber"), sequence_);
    EXPECT_THAT(report.extension.at("message").get<std::string>(), HasSubstr("577"));
    expect_runs("0.9.1");  // given back
  };
  expect_failed(deploy("0.10.0"));
  const auto copies = [this] {
    const fs::directory_iterator files(agent_.log_folder());
    return std::count_if(begin(files), end(files), [](const fs::directory_entry& entry) {
      return entry.path().filename().string().starts_with("ebpf_handler_support_");
    });
  };
  EXPECT_EQ(copies(), 2) << "a page and its lines, where its log collector takes them";
  // A restart of the agent calls enable again, which says the same and touches nothing.
  const Report again = restart();
  EXPECT_THAT(again.calls(), testing::SizeIs(1));
  expect_failed(again);

  vm_.set("service:NetEbpfExt", {"clear"});
  expect_ready(deploy("0.10.0"), "0.10.0");
  expect_runs("0.10.0");
}

TEST_F(LinuxAgentDrives, the_version_before_is_put_back_behind_an_update_that_failed) {
  deploy("0.9.1");
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=0.10.0"});
  deploy("0.10.0");
  // The cause is there still. The higher version is not enabled: it is not asked to disable.
  const Report back = deploy("0.9.1");
  EXPECT_THAT(back.calls(), ElementsAre("update 0.10.0.1=0", "uninstall 0.10.0.1=0",
                                        "install 0.9.1.1=0", "enable 0.9.1.1=0"));
  expect_ready(back, "0.9.1");
  expect_runs("0.9.1");
}

TEST_F(LinuxAgentDrives, an_uninstall_that_leaves_nothing) {
  deploy("0.9.1");
  const Report removed = remove();
  EXPECT_THAT(removed.calls(), ElementsAre("disable 0.9.1.1=0", "uninstall 0.9.1.1=0"));
  EXPECT_FALSE(fs::exists(agent_.handler_folder("0.9.1.1")));
  expect_nothing_left();

  wanted_.state = "enabled";
  expect_ready(restart(), "0.9.1");
  expect_runs("0.9.1");
}

// The agent deletes the folder of an extension that the goal state does not list any more, without
// a call. Its user finds eBPF as it was, and a later deployment goes well.
TEST_F(LinuxAgentDrives, nothing_where_the_extension_is_not_listed_any_more) {
  deploy("0.9.1");
  const Report dropped = agent_.process({});
  EXPECT_THAT(dropped.calls(), IsEmpty());
  EXPECT_FALSE(fs::exists(agent_.handler_folder("0.9.1.1")));
  expect_runs("0.9.1");
  expect_ready(deploy("0.10.0"), "0.10.0");
  expect_runs("0.10.0");
}

// The agent writes down a command's end behind it: where it dies, it does not know that it ran.
TEST_F(LinuxAgentDrives, on_behind_its_death_in_an_installation) {
  for (const std::string command : {"install", "enable"}) {
    SCOPED_TRACE(command);
    EXPECT_TRUE(deploy_and_die("0.9.1", command).died);
    expect_ready(restart(), "0.9.1");
    expect_runs("0.9.1");
    remove();
    expect_nothing_left();
  }
}

TEST_F(LinuxAgentDrives, on_behind_its_death_in_an_update_and_in_a_downgrade) {
  deploy("0.9.1");
  for (const std::string command : {"disable", "update", "uninstall", "install", "enable"}) {
    for (const std::string version : {"0.10.0", "0.9.1"}) {
      SCOPED_TRACE(command + " to " + version);
      EXPECT_TRUE(deploy_and_die(version, command).died);
      const Report report = restart();
      expect_ready(report, version);
      expect_runs(version);
    }
  }
}

TEST_F(LinuxAgentDrives, on_behind_its_death_in_an_uninstall) {
  for (const std::string command : {"disable", "uninstall"}) {
    SCOPED_TRACE(command);
    deploy("0.9.1");
    wanted_.state = "uninstall";
    EXPECT_TRUE(agent_.process(wanted_, command).died);
    restart();
    EXPECT_FALSE(fs::exists(agent_.handler_folder("0.9.1.1")));
    expect_nothing_left();
  }
}

// The PowerShell handler's package as the VM Agent of Windows gets it, with programs where a Linux
// shell finds its commands: it takes the backslashes of ".\\scripts\\enable.cmd" away. simvm plays
// what they do.
class LinuxAgentHandsOver : public LinuxAgentDrives {
 protected:
  void offer_powershell(const std::string& payload, const std::string& version,
                        world::UpdateMode mode) {
    const fs::path folder = temporary_.path() / ("powershell-" + version);
    fs::remove_all(folder);
    world::make_powershell_package(folder, unpacked(payload), mode);
    for (const std::string command : {"install", "enable", "disable", "update", "uninstall"})
      lab::write_file(folder / (".scripts" + command + ".cmd"),
                      "#!/bin/sh\nexec '" EBPF_TEST_BIN "/simvm' powershell " +
                          ("\"$EBPF_HANDLER_MACHINE\" " + command) +
                          " \"$PWD\" --seq \"$ConfigSequenceNumber\"\n");
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file())
        files[fs::relative(entry.path(), folder).string()] = lab::read_file(entry.path());
    }
    const std::string zip = folder.string() + ".zip";
    write_zip(zip, files);
    agent_.offer(version, zip);
  }
  Report deploy_version(const std::string& version, const std::string& die_behind = "") {
    wanted_ = {.version = version, .sequence = ++sequence_};
    return agent_.process(wanted_, die_behind);
  }
  // A boot and an hour later the eBPF that is wanted runs, and nothing of ours is left to act.
  void expect_handed_over(const std::string& payload) {
    expect_handed_over_now(payload);
    vm_.reboot();
    expect_handed_over_now(payload);
  }

 private:
  static fs::path unpacked(const std::string& payload) {
    const fs::path made = fs::path(EBPF_TEST_PAYLOADS) / payload;
    for (const char* below : {"package/bin", "lib/native/bin"}) {
      if (fs::is_directory(made / below / "drivers")) return made / below;
    }
    throw std::runtime_error("no payload in " + made.string());
  }
  void expect_handed_over_now(const std::string& payload) const {
    const world::Sight now = sight();
    world::Findings found;
    world::judge_runs(now, world::payload(payload), found);
    world::judge_registered(now, world::payload(payload), found);
    world::judge_proxy(now, found);
    for (const world::Finding& finding : found)
      ADD_FAILURE() << payload << ": " << to_text(finding);
    EXPECT_FALSE(world::has_recovery_task(*vm_.home()));
  }
};

TEST_F(LinuxAgentHandsOver, eBPF_to_the_PowerShell_handler_by_a_downgrade) {
  for (const world::UpdateMode mode :
       {world::UpdateMode::kWithoutInstall, world::UpdateMode::kWithInstall}) {
    const bool installs = mode == world::UpdateMode::kWithInstall;
    SCOPED_TRACE(installs ? "with install" : "without install");
    offer_powershell("0.9.1", "0.9.1.0", mode);
    expect_ready(deploy("0.10.0"), "0.10.0");
    const Report report = deploy_version("0.9.1.0");
    std::vector<std::string> calls{"disable 0.10.0.1=0", "update 0.10.0.1=0",
                                   "uninstall 0.10.0.1=0"};
    if (installs) calls.emplace_back("install 0.9.1.0=0");
    calls.emplace_back("enable 0.9.1.0=0");
    EXPECT_THAT(report.calls(), testing::ElementsAreArray(calls)) << report.text();
    EXPECT_EQ(report.handler.at("status"), "Ready") << report.text();
    expect_handed_over("0.9.1");
  }
}

TEST_F(LinuxAgentHandsOver, eBPF_to_the_PowerShell_handler_by_a_higher_fourth_number) {
  offer_powershell("0.10.0", "0.10.0.9", world::UpdateMode::kWithoutInstall);
  expect_ready(deploy("0.10.0"), "0.10.0");
  const Report report = deploy_version("0.10.0.9");
  EXPECT_THAT(report.calls(), ElementsAre("disable 0.10.0.1=0", "update 0.10.0.9=0",
                                          "uninstall 0.10.0.1=0", "enable 0.10.0.9=0"))
      << report.text();
  expect_handed_over("0.10.0");
}

TEST_F(LinuxAgentHandsOver, eBPF_also_behind_its_death_and_takes_it_back) {
  offer_powershell("0.9.1", "0.9.1.0", world::UpdateMode::kWithoutInstall);
  for (const std::string command : {"disable", "update", "uninstall", "enable"}) {
    SCOPED_TRACE(command);
    expect_ready(deploy("0.10.0"), "0.10.0");
    expect_runs("0.10.0");
    EXPECT_TRUE(deploy_version("0.9.1.0", command).died);
    EXPECT_EQ(restart().handler.at("status"), "Ready");
    expect_handed_over("0.9.1");
  }
}

}  // namespace
}  // namespace linux_agent
