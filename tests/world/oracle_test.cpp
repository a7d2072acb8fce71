// Each rule can fail: a machine on which all is well is damaged behind everybody's back, and the
// rule, no other, says so.
#include "tests/world/oracle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/lab/lab.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/furniture.h"
#include "tests/world/vm_agent.h"
#include "tests/world/waivers.h"
#include "tests/world/world.h"

namespace world {
namespace {

using engine::commands::Command;
using testing::IsEmpty;

class Oracle : public testing::Test {
 protected:
  Oracle() : vm_(lab::Vm::in_memory(folder_.path() / "vm", {.gpa_depends = true})) {
    virgin_ = look(*vm_.home());
    lab::must(vm_, Command::kInstall, package_);
    lab::must(vm_, Command::kEnable, package_);
    put_neighbour(*vm_.home());
    well_ = look(*vm_.home());
  }
  machine::simulated::VmHome& vm() {
    if (!home_) home_ = vm_.home();
    return *home_;
  }
  static Told said(int code, const std::string& word) {
    Told told;
    told.command = "enable";
    told.code = code;
    told.output = "What to do: nothing.";
    told.limit_ms = 300'000;
    told.row = {"enable", code, code == 0 ? "committed" : "undone"};
    told.status = {{{"status", {{"status", word}, {"formattedMessage", {{"message", "words"}}}}}}};
    return told;
  }
  // The rules and objects that the machine now breaks, as "rule object".
  std::vector<std::string> found(const Told& told = said(0, "success")) {
    const Sight now = look(vm());
    Findings findings;
    judge_any(well_, now, told, {}, findings);
    judge_runs(now, payload("1.0.0"), findings);
    judge_files(now, payload("1.0.0"), findings);
    judge_registered(now, payload("1.0.0"), findings);
    judge_proxy(now, findings);
    judge_neighbours(well_, now, findings);
    judge_safe_to_boot(now, told, findings);
    judge_boot(now, findings);
    std::vector<std::string> all;
    for (const Finding& finding : findings)
      all.push_back(std::string(name_of(finding.rule)) + " " + finding.object);
    return all;
  }
  static std::string file(const std::string& name) {
    return std::string(kInstallFolder) + "\\" + name;
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_;
  lab::Package package_{folder_.path() / "extension", "1.0.0"};
  std::unique_ptr<machine::simulated::VmHome> home_;
  Sight virgin_;
  Sight well_;
};

TEST_F(Oracle, A_machine_on_which_all_is_well_breaks_no_rule) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(Oracle, A_stopped_component_is_seen) {
  stop(vm(), kEbpfService);
  EXPECT_THAT(found(), testing::ElementsAre("enabled-runs service:eBPFSvc"));
}

TEST_F(Oracle, A_component_that_no_boot_starts_is_seen) {
  {
    machine::simulated::Access access(vm());
    access.state().find_service(kCore)->config.start = machine::StartType::kDemand;
    access.changed();
  }
  EXPECT_THAT(found(), testing::ElementsAre("enabled-runs service:EbpfCore"));
}

TEST_F(Oracle, A_missing_file_and_one_of_other_bytes_are_seen) {
  remove_file(vm(), file("bpftool.exe"));
  put_file(vm(), file("ebpf_tracing.cmd"), "other");
  EXPECT_THAT(found(), testing::ElementsAre("files-complete path:" + file("bpftool.exe"),
                                            "files-complete path:" + file("ebpf_tracing.cmd")));
}

TEST_F(Oracle, A_driver_that_was_loaded_from_other_bytes_is_seen) {
  put_file(vm(), file("drivers\\NetEbpfExt.sys"), machine::simulated::minimal_image("other"));
  EXPECT_THAT(found(), testing::IsSupersetOf({std::string("enabled-bytes service:NetEbpfExt"),
                                              std::string("one-version machine")}));
}

TEST_F(Oracle, A_registration_elsewhere_is_seen) {
  change_image(vm(), kCore, R"(\??\C:\Temp\eBPFCore.sys)");
  EXPECT_THAT(found(), testing::ElementsAre("registered service:EbpfCore"));
}

TEST_F(Oracle, A_proxy_and_a_neighbour_that_do_not_run_are_seen) {
  stop(vm(), kProxy);
  stop(vm(), kNeighbour);
  EXPECT_THAT(found(), testing::ElementsAre("proxy-runs service:GuestProxyAgent",
                                            "neighbour-runs service:AcmeFlow"));
}

TEST_F(Oracle, What_is_changed_of_others_is_seen) {
  put_file(vm(), R"(C:\Temp\ebpf\drivers\eBPFCore.sys)", "x");
  set_value(vm(), R"(HKLM\SOFTWARE\Acme)", "Port", machine::RegistryType::kString, "1");
  set_value(vm(), kEnvironmentKey, "Path", machine::RegistryType::kExpandString, "C:\\");
  change_image(vm(), kNeighbour, "C:\\other.exe");
  EXPECT_THAT(found(), testing::UnorderedElementsAre(
                           R"(others-unchanged path:C:\Temp\ebpf\drivers\eBPFCore.sys)",
                           R"(others-unchanged registry:HKLM\SOFTWARE\Acme\Port)",
                           "others-unchanged path-variable", "others-unchanged service:AcmeFlow"));
}

TEST_F(Oracle, A_lost_dependency_of_the_proxy_is_seen_while_its_service_is_there) {
  arm(vm(), "service:GuestProxyAgent", {"depends=EbpfCore"});
  EXPECT_THAT(found(), testing::ElementsAre("others-unchanged service:GuestProxyAgent"));
}

TEST_F(Oracle, A_deletion_that_waits_and_a_critical_driver_are_seen) {
  delete_at_boot(vm(), file("ebpfapi.dll"));
  set_error_control(vm(), kCore, 3);
  EXPECT_THAT(found(), testing::ElementsAre("safe-to-boot path:" + file("ebpfapi.dll"),
                                            "safe-to-boot service:EbpfCore"));
}

TEST_F(Oracle, Stories_that_differ_are_seen) {
  EXPECT_THAT(found(said(0, "error")), testing::ElementsAre("one-story status"));
  Told told = said(0, "success");
  told.row->outcome = "undone";
  EXPECT_THAT(found(told), testing::ElementsAre("one-story journal"));
  told.row = {"enable", 1013, "open"};
  EXPECT_THAT(found(told), testing::ElementsAre("one-story journal", "one-story journal"));
  told = said(1013, "error");
  told.row = {"enable", 0, "open"};
  EXPECT_THAT(found(told), IsEmpty()) << "its undo goes on, and its code comes with its end";
  told = said(1013, "error");
  told.output = "failed";
  EXPECT_THAT(found(told), testing::ElementsAre("one-story output"));
  told = said(0, "success");
  told.limit_ms = -1;
  EXPECT_THAT(found(told), testing::ElementsAre("in-time machine"));
}

TEST_F(Oracle, What_is_not_given_back_is_seen) {
  stop(vm(), kEbpfService);
  Findings findings;
  judge_given_back(well_, look(vm()), findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object, "service:eBPFSvc");
}

TEST_F(Oracle, What_a_dead_uninstall_was_to_take_is_no_loss_once_all_of_it_is_gone) {
  remove_service(vm(), kExtension);
  Findings found;
  judge_given_back(well_, look(vm()), found);
  EXPECT_EQ(without_removed(found, look(vm())).size(), found.size()) << "half of it is there";
  Sight gone = look(vm());
  std::erase_if(gone.services, [](const auto& row) { return is_ours(row.second.name); });
  found.clear();
  judge_given_back(well_, gone, found);
  EXPECT_THAT(without_removed(found, gone), IsEmpty());
  gone.services.erase("acmeflow");
  found.clear();
  judge_given_back(well_, gone, found);
  EXPECT_EQ(without_removed(found, gone).size(), 1U) << "a service of somebody else";
}

TEST_F(Oracle, What_is_left_behind_an_uninstall_is_seen) {
  lab::must(vm_, Command::kDisable, package_);
  lab::must(vm_, Command::kUninstall, package_);
  Findings findings;
  judge_nothing_left(virgin_, look(vm()), findings);
  EXPECT_THAT(findings, IsEmpty());
  put_file(vm(), file("left.txt"), "x");
  judge_nothing_left(virgin_, look(vm()), findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object, "path:" + file("left.txt"));
}

TEST_F(Oracle, What_runs_behind_a_disable_is_seen_unless_the_restart_is_named) {
  Told told = said(0, "success");
  Findings findings;
  judge_disabled(well_, told, findings);
  EXPECT_EQ(findings.size(), 3U);
  findings.clear();
  told.output = "disable: reboot needed.";
  judge_disabled(well_, told, findings);
  EXPECT_THAT(findings, IsEmpty());
}

TEST_F(Oracle, A_waiver_excuses_its_object_and_no_other) {
  const Fault fault{FaultKind::kStopRefused, "service:EbpfCore"};
  WaiverCounts counts;
  const Findings found{{Rule::kGivenBack, "service:EbpfCore", ""},
                       {Rule::kGivenBack, "service:NetEbpfExt", ""},
                       {Rule::kEnabledRuns, "service:EbpfCore", ""}};
  const Findings left = without_waived(found, {&fault, 1}, well_, counts);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left[0].object, "service:NetEbpfExt");
  EXPECT_EQ(counts.size(), 1U);
  EXPECT_EQ(without_waived(found, {}, well_, counts).size(), 3U);
}

// The VM Agent of a machine that becomes one world after the other.
class OracleOfWorlds : public testing::Test {
 protected:
  OracleOfWorlds()
      : vm_(lab::Vm::in_memory(folder_.path() / "vm", options_of({}))),
        agent_(vm_, *find("plain"), (folder_.path() / "packages").string()) {
    agent_.prepare("0.10.0");
    agent_.clear();
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_;
  VmAgent agent_;
};

TEST_F(OracleOfWorlds, A_mark_that_outlasts_its_cause_is_a_cause_until_the_boot) {
  agent_.become(*find("core-marked"));
  agent_.clear();
  agent_.become(*find("disk-full"));
  EXPECT_FALSE(agent_.update("0.21.0"));
  EXPECT_THAT(agent_.last().output, testing::HasSubstr("marked for deletion"));
  EXPECT_THAT(agent_.findings(), IsEmpty()) << agent_.story();
}

TEST_F(OracleOfWorlds, A_proxy_that_Safe_Mode_does_not_start_is_nothing_that_an_uninstall_owes) {
  agent_.die_in({});
  agent_.enable();
  agent_.become(*find("safe-mode"));
  EXPECT_TRUE(agent_.uninstall());
  EXPECT_THAT(agent_.findings(), IsEmpty()) << agent_.story();
}

TEST_F(OracleOfWorlds, A_proxy_that_its_owner_stopped_before_a_disable_stays_his) {
  agent_.become(*find("proxy-stopped"));
  agent_.disable();
  agent_.clear();
  agent_.become(*find("proxy-stopped"));
  EXPECT_TRUE(agent_.update("0.21.0"));
  EXPECT_THAT(agent_.findings(), IsEmpty()) << agent_.story();
}

TEST_F(OracleOfWorlds, A_task_that_an_uninstall_had_to_leave_may_go_with_the_next_one) {
  agent_.become(*find("no-task-scheduler"));
  EXPECT_TRUE(agent_.uninstall());
  agent_.clear();
  EXPECT_TRUE(agent_.install("0.10.0"));
  EXPECT_TRUE(agent_.uninstall());
  EXPECT_THAT(agent_.findings(), IsEmpty()) << agent_.story();
}

TEST_F(OracleOfWorlds, A_dead_uninstall_may_be_finished_by_an_install_that_has_no_room) {
  agent_.become(*find("disk-full"));
  agent_.die_in({.call = 1, .in_state = "open/open"});  // in the uninstall behind a disable
  agent_.uninstall();
  EXPECT_FALSE(agent_.install("0.10.0"));
  EXPECT_THAT(agent_.last().output, testing::HasSubstr("Completed transaction"));
  EXPECT_THAT(agent_.findings(), IsEmpty()) << agent_.story();
}

}  // namespace
}  // namespace world
