// `doctor`: what is wrong with services, files, extras, other installers and what an update would
// meet, and what following the advice does.
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "actions/machine/files.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "tests/engine/support/doctor_bench.h"
#include "tests/world/furniture.h"
#include "tests/world/msi_product.h"
#include "tests/world/powershell_handler.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using lab::doctor;
using support::Checked;
using support::Checkup;
using support::Mark;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST_F(Doctor, A_service_that_somebody_stopped_is_named_and_its_advice_starts_it) {
  enabled();
  behind([](machine::Machine& m) {
    m.services().stop("eBPFSvc");
    m.system().wait_ms(20'000);
  });
  const Checkup seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre("trouble eBPFSvc")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "eBPFSvc").text, HasSubstr("stopped"));
  EXPECT_THAT(on(seen, "eBPFSvc").text,
              HasSubstr("not as enable (transaction 2) left it: as found"));
  EXPECT_THAT(on(seen, "eBPFSvc").advice.commands, ElementsAre("sc.exe start eBPFSvc"));
  expect_cured();
}

TEST_F(Doctor, A_driver_that_somebody_disabled_and_stopped_is_made_automatic_before_it_starts) {
  enabled();
  vm_.set("service:GuestProxyAgent", {"depends="});
  behind([](machine::Machine& m) {
    auto config = m.services().config("NetEbpfExt").value();
    config.start = machine::StartType::kDisabled;
    m.services().change("NetEbpfExt", config);
    m.services().stop("NetEbpfExt");
    m.system().wait_ms(20'000);
  });
  EXPECT_THAT(on(checkup(), "NetEbpfExt").advice.commands,
              ElementsAre("sc.exe config NetEbpfExt start= auto", "sc.exe start NetEbpfExt"));
  EXPECT_THAT(not_well(checkup()), ElementsAre("trouble NetEbpfExt"));
  expect_cured();
}

// The code is named, and the start's own failure says the rest.
TEST_F(Doctor, A_service_that_ended_is_told_with_its_code_by_name) {
  enabled();
  vm_.set("service:eBPFSvc", {"crashes-after=0"});
  behind([](machine::Machine& m) { m.system().wait_ms(5'000); });
  const Checked ended = on(checkup(), "eBPFSvc");
  EXPECT_THAT(ended.text, ContainsRegex("stopped, ended with [0-9]+ .ERROR_"));
  EXPECT_THAT(ended.advice.words, HasSubstr("then start it:"));
  EXPECT_EQ(ended.advice.commands.back(), "sc.exe start eBPFSvc");
  EXPECT_GT(ended.advice.commands.size(), 1U);
  vm_.set("service:eBPFSvc", {"clear"});
  expect_cured();
}

TEST_F(Doctor, A_file_of_ours_that_is_missing_comes_back_by_its_advice) {
  enabled();
  vm_.remove(std::string(kInstalled) + R"(\ebpfapi.dll)");
  const Checkup seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre("trouble ebpfapi.dll")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "ebpfapi.dll").text, HasSubstr("is missing (of eBPF 1.0.0)"));
  EXPECT_THAT(on(seen, "ebpfapi.dll").advice.commands, ElementsAre(package_.program() + " enable"));
  expect_cured();
}

// Size and file id say nothing of it.
TEST_F(Doctor, A_file_that_was_written_over_in_place_is_found_by_its_bytes) {
  enabled();
  std::fstream file(installed("bpftool.exe"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('?');
  file.close();
  EXPECT_THAT(not_well(checkup()), ElementsAre("trouble bpftool.exe"));
  EXPECT_THAT(on(checkup(), "bpftool.exe").text, HasSubstr("is not as it was left"));
}

TEST_F(Doctor, Many_missing_files_are_one_line) {
  enabled();
  for (const auto& entry : fs::recursive_directory_iterator(installed("")))
    if (entry.path().extension() == ".exe" || entry.path().extension() == ".dll")
      vm_.remove(std::string(kInstalled) + "\\" + entry.path().filename().string());
  const Checkup seen = checkup();
  std::size_t lines = 0;
  for (const Checked& checked : seen.all())
    lines += checked.area == "files" && checked.mark == Mark::kTrouble ? 1U : 0U;
  EXPECT_EQ(lines, 1U) << checkup_text(seen);
  expect_cured();
}

TEST_F(Doctor, A_foreign_file_in_the_install_folder_is_a_note_and_all_is_well) {
  enabled();
  vm_.put(std::string(kInstalled) + R"(\drivers\notes.txt)", "of somebody");
  const Checkup seen = checkup();
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_THAT(noted(seen), ElementsAre(kInstalled));
  EXPECT_THAT(checkup_text(seen), HasSubstr(R"(1 foreign file: drivers\notes.txt)"));
}

TEST_F(Doctor, A_driver_that_is_marked_for_deletion_needs_the_restart_that_is_advised) {
  enabled();
  behind([](machine::Machine& m) { m.services().remove("EbpfCore"); });
  const Checkup seen = checkup();
  EXPECT_THAT(on(seen, "EbpfCore").text, HasSubstr("marked for deletion"));
  EXPECT_EQ(on(seen, "EbpfCore").mark, Mark::kTrouble);
  EXPECT_THAT(on(seen, "EbpfCore").advice.commands, ElementsAre("shutdown /r /t 60"));
  expect_cured();
}

TEST_F(Doctor, A_registration_that_is_gone_or_points_elsewhere_is_mended_by_enable) {
  enabled();
  behind([](machine::Machine& m) {
    auto config = m.services().config("EbpfCore").value();
    config.image = R"(\??\C:\Temp\ebpfcore.sys)";
    m.services().change("EbpfCore", config);
  });
  EXPECT_THAT(on(checkup(), "EbpfCore").text, HasSubstr(R"(its image path is \??\C:\Temp)"));
  expect_cured();
}

// Nobody but the step's own probe sees that.
TEST_F(Doctor, A_registration_with_another_account_is_found_by_the_probe_of_the_step) {
  enabled();
  behind([](machine::Machine& m) {
    auto config = m.services().config("eBPFSvc").value();
    config.account = "LocalSystem";
    m.services().change("eBPFSvc", config);
  });
  const Checkup seen = checkup();
  EXPECT_EQ(on(seen, "eBPFSvc").mark, Mark::kNote) << checkup_text(seen);
  EXPECT_THAT(on(seen, "eBPFSvc").text,
              HasSubstr("registration not as install (transaction 1) left it: foreign"));
}

TEST_F(Doctor, What_is_missing_of_the_extras_comes_back_by_its_advice) {
  enabled();
  behind([](machine::Machine& m) {
    m.tasks().remove("eBpfTracingStartupTask");
    m.tasks().set_enabled("eBpfTracingPeriodicTask", false);
    for (const auto& content : m.registry().subtree(R"(HKLM\SOFTWARE\Microsoft\NetSh)"))
      for (const auto& [name, value] : content.values)
        m.registry().remove_value(content.key, name);
  });
  const Checkup seen = checkup();
  EXPECT_THAT(not_well(seen),
              ElementsAre("trouble NetshHelper", "trouble TracingTasks", "trouble TracingTasks"))
      << checkup_text(seen);
  expect_cured();
}

TEST_F(Doctor, What_the_next_boot_would_delete_is_taken_back_by_its_advice) {
  enabled();
  behind([](machine::Machine& m) {
    m.files().remove_at_boot(std::string(kInstalled) + R"(\ebpfapi.dll)");
  });
  EXPECT_THAT(not_well(checkup()), ElementsAre("trouble the next boot"));
  EXPECT_THAT(on(checkup(), "the next boot").text, HasSubstr("ebpfapi.dll"));
  expect_cured();
}

TEST_F(Doctor, A_proxy_that_is_down_unhealthy_or_stopped_by_its_owner_is_told_apart) {
  enabled();
  behind([](machine::Machine& m) {
    m.services().stop("GuestProxyAgent");
    m.system().wait_ms(20'000);
  });
  Checkup seen = checkup();
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_THAT(on(seen, "GuestProxyAgent").text, HasSubstr("left as its owner had it"));
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  vm_.reboot();
  seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre("trouble GuestProxyAgent")) << checkup_text(seen);
  ASSERT_THAT(on(seen, "GuestProxyAgent").advice.commands, Not(IsEmpty()));
  EXPECT_EQ(on(seen, "GuestProxyAgent").advice.commands.back(), "sc.exe start GuestProxyAgent");
  EXPECT_THAT(on(seen, "GuestProxyAgent").advice.words, HasSubstr("Look at that, then start it:"));
  vm_.set("service:GuestProxyAgent", {"clear"});
  expect_cured();
  vm_.set("service:GuestProxyAgent", {"unhealthy"});
  behind([](machine::Machine& m) { m.system().wait_ms(70'000); });
  EXPECT_THAT(on(checkup(), "GuestProxyAgent").text, HasSubstr("unhealthy ("));
}

// Windows starts what a service depends on, but nothing that is disabled.
TEST_F(Doctor, A_proxy_that_is_down_behind_a_disabled_driver_starts_by_its_advice) {
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  enabled();
  behind(world::leave_its_files);
  fs::remove_all(data(""));
  behind([](machine::Machine& m) {
    world::PowerShellHandler(m, world::Generation::kSecond).disable();
  });
  vm_.reboot();
  const Checkup seen = checkup();
  EXPECT_THAT(
      on(seen, "GuestProxyAgent").advice.commands,
      ElementsAre("sc.exe config \"EbpfCore\" start= auto",
                  "sc.exe config \"NetEbpfExt\" start= auto", "sc.exe start GuestProxyAgent"))
      << checkup_text(seen);
  lab::follow(vm_, package_, on(seen, "GuestProxyAgent").advice);
  EXPECT_EQ(on(checkup(), "GuestProxyAgent").mark, Mark::kOk);
}

TEST_F(Doctor, A_dependency_of_the_proxy_that_is_not_registered_keeps_it_from_its_start) {
  enabled();
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,Nothing"});
  EXPECT_THAT(on(checkup(), "GuestProxyAgent").text,
              HasSubstr("it does not start (1075), since it depends on Nothing"));
}

TEST_F(Doctor, A_machine_with_the_PowerShell_handler_is_told_whose_eBPF_that_is) {
  enabled();
  fs::remove_all(data(""));
  behind(world::leave_its_files);
  behind([](machine::Machine& m) {
    m.registry().set(world::kUpgrading, "Handler",
                     {machine::RegistryType::kString, "Microsoft.EbpfForWindows"});
  });
  const Checkup seen = doctor(vm_, package("1.1.0"));
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_THAT(on(seen, "the eBPF on this VM").text, HasSubstr("update in place"));
  EXPECT_THAT(on(seen, "the PowerShell handler").text, HasSubstr("EbpfUpgrading is there"));
}

TEST_F(Doctor, A_product_of_Windows_Installer_in_another_version_refuses_updates) {
  world::msi_install(*vm_.home(), world::other_ebpf("0.10.0"));
  Checkup seen = checkup();
  EXPECT_EQ(on(seen, "the eBPF on this VM").mark, Mark::kTrouble) << checkup_text(seen);
  EXPECT_THAT(on(seen, "the eBPF on this VM").advice.commands,
              ElementsAre("msiexec /x \"" + world::msi_product_code("0.10.0") + "\""));
  world::msi_uninstall(*vm_.home(), world::other_ebpf("0.10.0"));
  EXPECT_TRUE(checkup().is_well()) << checkup_text(checkup());
  world::msi_install(*vm_.home(), world::other_ebpf("1.0.0"));
  must(Command::kInstall);
  must(Command::kEnable);
  world::stop(*vm_.home(), world::kProxy);  // it has not seen eBPF come
  world::start(*vm_.home(), world::kProxy);
  minutes_pass(2);
  seen = checkup();
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_THAT(checkup_text(seen), HasSubstr("17 files (of a Windows Installer"));
}

TEST_F(Doctor, What_an_administrator_decided_or_has_no_room_for_is_said_before_an_update_meets_it) {
  enabled();
  world::set_value(*vm_.home(), world::kPolicyKey, world::kPolicyValue,
                   machine::RegistryType::kDword, "1");
  EXPECT_THAT(on(checkup(), "policy").text, HasSubstr("forbids install and update (1006)"));
  EXPECT_TRUE(checkup().is_well());
  lab::follow(vm_, package_, on(checkup(), "policy").advice);
  EXPECT_EQ(on(checkup(), "policy").mark, Mark::kOk);
  world::limit_disk(*vm_.home(), 1024 * 1024);
  EXPECT_THAT(not_well(checkup()), ElementsAre("trouble room")) << checkup_text(checkup());
  EXPECT_THAT(on(checkup(), "room").text, HasSubstr("1 MB free"));
}

TEST_F(Doctor, Accounts_that_an_administrator_trusts_are_named) {
  enabled();
  vm_.set(R"(path:C:\Program Files)", {"owner=users"});
  const Checkup seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre(std::string("trouble ") + kInstalled));
  EXPECT_THAT(on(seen, kInstalled).text, Not(IsEmpty()));
  EXPECT_THAT(checkup_text(seen), HasSubstr("EbpfTrustedWriters"));
  world::set_value(*vm_.home(), world::kPolicyKey, "EbpfTrustedWriters",
                   machine::RegistryType::kString, "BUILTIN\\Users");
  EXPECT_TRUE(checkup().is_well()) << checkup_text(checkup());
  EXPECT_THAT(checkup_text(checkup()), HasSubstr("BUILTIN\\Users"));
}

TEST_F(Doctor, A_service_of_others_that_did_not_start_again_is_named_until_it_runs) {
  enabled();
  world::put_neighbour(*vm_.home());
  vm_.set("service:AcmeFlow", {"start-fails=1067"});
  must(Command::kDisable);
  must(Command::kEnable);
  const Checkup seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre("trouble AcmeFlow")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "AcmeFlow").advice.commands, ElementsAre("sc.exe start \"AcmeFlow\""));
  vm_.set("service:AcmeFlow", {"clear"});
  expect_cured();
}

TEST_F(Doctor, What_setup_installed_is_mended_by_setup) {
  fs::remove(package_.file("HandlerEnvironment.json"));
  must(Command::kSetupInstall);
  EXPECT_TRUE(checkup().is_well()) << checkup_text(checkup());
  EXPECT_THAT(on(checkup(), "eBPF").text, HasSubstr("wanted by setup"));
  vm_.remove(std::string(kInstalled) + R"(\ebpfapi.dll)");
  EXPECT_THAT(
      on(checkup(), "ebpfapi.dll").advice.commands,
      ElementsAre(package_.program() + R"( setup install --log C:\Windows\Logs\EbpfForWindows)"));
  expect_cured();
}

TEST_F(Doctor, A_package_of_another_handler_beside_ours_is_named) {
  enabled();
  const fs::path other = folder_.path() / "extension" / "0.19.0.1";
  fs::create_directory(other);
  lab::write_file(other / "HandlerManifest.json",
                  R"([{"version": 1.0, "handlerManifest": {"enableCommand": "enable.cmd"}}])");
  EXPECT_THAT(on(checkup(), "another handler").text, HasSubstr("0.19.0.1"));
  EXPECT_TRUE(checkup().is_well());
}

TEST_F(Doctor, An_extension_that_was_dropped_without_a_call_is_named_and_recover_removes_it) {
  enabled();
  fs::remove_all(folder_.path() / "extension" / "package");
  Checkup seen = checkup();
  EXPECT_THAT(not_well(seen), ElementsAre("trouble the extension")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "the extension").advice.commands, IsEmpty());  // it would do nothing yet
  minutes_pass(commands::kAbandonedAfterMinutes);
  seen = checkup();
  lab::follow(vm_, package_, on(seen, "the extension").advice);
  EXPECT_THAT(on(checkup(), "eBPF").text, "nothing of ours is installed");
}

TEST_F(Doctor, A_folder_of_the_VM_Agents_that_is_no_folder_is_trouble) {
  enabled();
  const fs::path status = package_.folder("status");
  fs::remove_all(status);
  EXPECT_TRUE(checkup().is_well()) << checkup_text(checkup());
  EXPECT_EQ(on(checkup(), "statusFolder").mark, Mark::kNote);
  lab::write_file(status, "of somebody");
  EXPECT_THAT(not_well(checkup()), ElementsAre("trouble statusFolder"));
}

}  // namespace
}  // namespace engine
