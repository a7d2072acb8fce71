// install: what is put in place, what is repaired, what is refused.
#include "actions/machine/files.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"
#include "tests/lab/user_check.h"

namespace engine {
namespace {

using testing::HasSubstr;

class Install : public Bench {};

TEST_F(Install, Places_files_registers_services_and_starts_nothing) {
  must(commands::Command::kInstall);
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"}) {
    EXPECT_EQ(state(name), "stopped") << name;
    EXPECT_EQ(start_type(name), "demand") << name;
  }
  EXPECT_THAT(service("EbpfCore").value("image", ""), HasSubstr("drivers\\eBPFCore.sys"));
  EXPECT_TRUE(has("drivers/eBPFCore.sys"));
  EXPECT_TRUE(has("ebpfapi.dll"));
  EXPECT_EQ(outcome(), "committed");
  EXPECT_EQ(meta("settled_version"), "1.0.0");
}

TEST_F(Install, A_version_before_1_0_has_no_eBPFSvc) {
  const lab::Package old = package("0.9.1");
  must(commands::Command::kInstall, old);
  EXPECT_EQ(state("eBPFSvc"), "");
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_F(Install, Only_what_the_manifest_lists_is_put_in_place) {
  must(commands::Command::kInstall);
  const auto files = vm_.snapshot_json().at("files");
  std::size_t ours = 0;
  for (const auto& [path, file] : files.items())
    ours += path.starts_with(R"(C:\Program Files\ebpf-for-windows\)") ? 1U : 0U;
  const auto manifest = nlohmann::json::parse(lab::read_file(package_.file("payload.json")));
  EXPECT_EQ(ours, manifest.at("files").size());
  EXPECT_FALSE(has("HandlerEnvironment.json"));
}

TEST_F(Install, Again_there_is_nothing_to_do) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_TRUE(vm_.steps(last_id()).empty());
}

TEST_F(Install, Again_while_eBPF_runs_nothing_is_stopped) {
  enabled();
  const auto proxy = process("GuestProxyAgent");
  must(commands::Command::kInstall);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
}

class Repair : public Bench, public testing::WithParamInterface<int> {
 protected:
  const std::vector<std::string> exchange_{"stage-files", "place-files"};
  // Damages the machine; returns the kinds of steps that a repair has.
  std::vector<std::string> damage(int kind) const {
    switch (kind) {
      case 0:
        std::filesystem::remove(installed("bpftool.exe"));
        return exchange_;
      case 1:
        lab::write_file(installed("ebpfapi.dll"), "damaged");
        return exchange_;
      case 2:
        behind([](machine::Machine& m) { m.services().remove("NetEbpfExt"); });
        return {"register-service"};
      default:
        behind([](machine::Machine& m) {
          auto config = *m.services().config("EbpfCore");
          config.image = R"(\??\C:\elsewhere\ebpfcore.sys)";
          m.services().change("EbpfCore", config);
        });
        return {"register-service"};
    }
  }
};

TEST_P(Repair, The_same_version_mends_what_differs_and_nothing_else) {
  must(commands::Command::kInstall);
  const std::string whole = vm_.snapshot();
  const auto wanted = damage(GetParam());
  ASSERT_NE(vm_.snapshot(), whole);
  must(commands::Command::kInstall);
  EXPECT_TRUE(lab::same_machine(whole, vm_.snapshot()));
  std::vector<std::string> kinds;
  for (const journal::Step& step : vm_.steps(last_id()))
    kinds.push_back(step.kind);
  EXPECT_EQ(kinds, wanted);
}

std::string step_name(const testing::TestParamInfo<int>& row) {
  static const std::vector<std::string> kNames{"file_missing", "file_altered", "service_gone",
                                               "service_elsewhere"};
  return kNames.at(static_cast<std::size_t>(row.param));
}
INSTANTIATE_TEST_SUITE_P(Every, Repair, testing::Range(0, 4), step_name);

TEST_F(Install,
       A_driver_of_another_version_beside_the_right_one_is_replaced_by_install_and_by_enable) {
  must(commands::Command::kInstall);
  const auto whole = vm_.snapshot_json()["files"];
  const lab::Package old = package("0.9.1");
  std::filesystem::copy_file(old.file("bin/drivers/NetEbpfExt.sys"),
                             installed("drivers/NetEbpfExt.sys"),
                             std::filesystem::copy_options::overwrite_existing);
  const lab::Vm other = vm_.copy_to(folder_.path() / "other");
  must(commands::Command::kInstall);
  EXPECT_EQ(vm_.snapshot_json()["files"], whole);
  EXPECT_EQ(other.run(commands::Command::kEnable, package_).code, ExitCode::kSuccess);
  EXPECT_EQ(other.snapshot_json()["files"], whole);
}

TEST_F(Install, Files_without_services_are_residue_and_a_failing_enable_gives_exactly_them_back) {
  must(commands::Command::kInstall);
  std::filesystem::remove_all(data(""));
  behind([](machine::Machine& m) {
    for (const char* name : {"eBPFSvc", "NetEbpfExt", "EbpfCore"})
      m.services().remove(name);
  });
  lab::write_file(installed("drivers/NetEbpfExt.sys"), "half a driver");
  const std::string residue = vm_.snapshot();
  with_fault(commands::Command::kEnable, "services.start#2:fail=577");
  EXPECT_EQ(outcome(), "undone") << vm_.journal_text();
  EXPECT_TRUE(lab::same_machine(residue, vm_.snapshot()));
  must(commands::Command::kInstall);
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_F(Install, Services_of_the_same_version_in_another_folder_are_adopted_where_they_are) {
  const lab::NotAsked not_asked("eBPF lies in another folder than the rules know");
  const auto elsewhere = vm_.drive("eBPF");
  std::filesystem::create_directories(elsewhere);
  std::filesystem::copy(package_.file("bin"), elsewhere, std::filesystem::copy_options::recursive);
  behind([](machine::Machine& m) {
    for (const auto& [name, file] :
         {std::pair{"EbpfCore", "ebpfcore.sys"}, std::pair{"NetEbpfExt", "netebpfext.sys"}}) {
      machine::ServiceConfig config;
      config.image = std::string(R"(\??\C:\eBPF\drivers\)") + file;
      config.start = machine::StartType::kAutomatic;
      m.services().create(name, config);
    }
  });
  must(commands::Command::kInstall);
  EXPECT_EQ(meta("install_folder"), R"(C:\eBPF)");
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
  EXPECT_THAT(service("eBPFSvc").value("image", ""), HasSubstr(R"(C:\eBPF\)"));
  EXPECT_FALSE(std::filesystem::exists(installed("")));
}

TEST_F(Install, A_failure_in_the_middle_leaves_nothing_installed) {
  const std::string before = vm_.snapshot();
  const handler::Reply reply =
      with_fault(commands::Command::kInstall, "services.create#2:fail=1072");
  EXPECT_EQ(reply.code, ExitCode::kCreateService) << text(reply);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(outcome(), "undone");
  must(commands::Command::kInstall);
}

TEST_F(Install, A_failing_repair_never_deletes_a_service_that_it_did_not_create) {
  must(commands::Command::kInstall);
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  behind([](machine::Machine& m) { m.services().remove("eBPFSvc"); });
  const std::string before = vm_.snapshot();
  with_fault(commands::Command::kInstall, "services.create#1:fail=1072");
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(state("NetEbpfExt"), "stopped");
}

TEST_F(Install, Newer_installed_is_refused_as_a_downgrade) {
  const lab::Package newer = package("1.1.0");
  must(commands::Command::kInstall, newer);
  refuses(commands::Command::kInstall, ExitCode::kDowngradeRefused, "1.1.0");
  EXPECT_EQ(outcome(), "refused");
}

TEST_F(Install, Older_installed_is_replaced_in_place_and_stays_off_until_enable) {
  const lab::Package older = package("0.10.0");
  must(commands::Command::kInstall, older);
  must(commands::Command::kEnable, older);
  must(commands::Command::kInstall);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  EXPECT_EQ(start_type("EbpfCore"), "disabled");
  EXPECT_TRUE(has("ebpfsvc.exe"));
  EXPECT_FALSE(has("msvcp140.dll")) << "the newer version does not have it";
  must(commands::Command::kEnable);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(start_type("EbpfCore"), "automatic");
}

TEST_F(Install, A_release_is_newer_than_its_pre_release) {
  const lab::Package candidate = package("1.0.0-rc1");
  must(commands::Command::kInstall, candidate);
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(meta("settled_version"), "1.0.0");
}

TEST_F(Install, A_pre_release_is_older_than_its_release) {
  must(commands::Command::kInstall);
  refuses(commands::Command::kInstall, ExitCode::kDowngradeRefused, "1.0.0-rc1",
          package("1.0.0-rc1"));
}

TEST_F(Install, The_policy_value_forbids_it) {
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  refuses(commands::Command::kInstall, ExitCode::kRefusedByPolicy, "EbpfDisableRuntimeUpdate");
}

TEST_F(Install, A_policy_value_of_0_forbids_nothing) {
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "0"});
  });
  must(commands::Command::kInstall);
}

class OldWindows : public Bench {
 protected:
  OldWindows() : Bench({.os_build = 17763}) {}
};

TEST_F(OldWindows, A_build_that_is_too_old_is_refused_before_anything_is_touched) {
  refuses(commands::Command::kInstall, ExitCode::kUnsupportedOs, "17763");
  must(commands::Command::kInstall, package("0.9.1"));
}

class OtherProcessor : public Bench {
 protected:
  OtherProcessor() : Bench({.architecture = "arm64"}) {}
};

TEST_F(OtherProcessor, A_package_for_another_processor_is_refused) {
  refuses(commands::Command::kInstall, ExitCode::kUnsupportedOs, "arm64");
}

TEST_F(Install, Too_little_space_is_refused_before_anything_is_touched) {
  must(commands::Command::kReset);
  vm_.set("disk", {"full-at=1000000"});
  refuses(commands::Command::kInstall, ExitCode::kDiskFull, "");
}

TEST_F(Install, A_disk_that_fills_up_on_the_way_undoes_it) {
  const std::string before = vm_.snapshot();
  const handler::Reply reply = with_fault(commands::Command::kInstall, "files.copy_in#3:fail=112");
  EXPECT_EQ(reply.code, ExitCode::kDiskFull) << text(reply);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Install, A_journal_that_cannot_grow_undoes_it) {
  must(commands::Command::kInstall);
  must(commands::Command::kUninstall);
  const std::string before = vm_.snapshot();
  const handler::Reply reply = with_fault(commands::Command::kInstall, "journal.commit#3:fail=112");
  EXPECT_EQ(reply.code, ExitCode::kDiskFull) << text(reply);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  must(commands::Command::kRecover);
  EXPECT_THAT(outcome(), testing::AnyOf("undone", "recovered-before"));
}

TEST_F(Install, A_folder_that_others_may_write_is_moved_aside_unread) {
  std::filesystem::create_directories(data("planted"));
  vm_.set(R"(path:C:\ProgramData\EbpfForWindows)", {"owner=users"});
  const handler::Reply reply = must(commands::Command::kInstall);
  EXPECT_THAT(text(reply), HasSubstr("was not ours alone"));
  EXPECT_FALSE(std::filesystem::exists(data("planted")));
}

// F-32: a handle that was opened before keeps its rights, whoever owns the folder then.
TEST_F(Install, A_folder_that_a_user_holds_is_left_unread_for_one_that_only_administrators_make) {
  std::filesystem::create_directories(data("planted"));
  vm_.set(R"(path:C:\ProgramData\EbpfForWindows)", {"owner=users", "fails=32"});
  EXPECT_THAT(text(must(commands::Command::kInstall)), HasSubstr("could not be moved"));
  must(commands::Command::kEnable);
  EXPECT_FALSE(std::filesystem::exists(data("journal.db")));
  EXPECT_TRUE(std::filesystem::exists(vm_.drive("Program Files/EbpfForWindows/journal.db")));
  vm_.set(R"(path:C:\ProgramData\EbpfForWindows)", {"clear"});
  const handler::Reply reply = must(commands::Command::kEnable);
  EXPECT_THAT(text(reply), HasSubstr("nothing to do"));
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
}

// What lies there runs as SYSTEM: whoever can change it is SYSTEM.
TEST_F(Install, A_folder_into_which_others_can_write_is_refused_and_nothing_changes) {
  for (const char* folder :
       {R"(path:C:\Program Files)", R"(path:C:\Program Files\ebpf-for-windows)"}) {
    vm_.set(folder, {"owner=users"});
    refuses(commands::Command::kInstall, ExitCode::kUnsafeFolder, "BUILTIN\\Users");
    vm_.set(folder, {"clear"});
  }
  must(commands::Command::kInstall);
  vm_.set(R"(path:C:\Program Files\ebpf-for-windows\drivers)", {"owner=users"});
  refuses(commands::Command::kInstall, ExitCode::kUnsafeFolder, "drivers");
}

// F-16: a company's group may write above Program Files.
TEST_F(Install, A_group_of_Administrators_may_write_into_the_folder) {
  vm_.set(R"(path:C:\Program Files)", {R"(owner=CORP\Packagers)"});
  refuses(commands::Command::kInstall, ExitCode::kUnsafeFolder, R"(CORP\Packagers)");
  vm_.set("administrators", {R"(members=CORP\Domain Admins,CORP\packagers)"});
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(Install, An_account_that_the_policy_trusts_may_write_into_the_folder) {
  vm_.set(R"(path:C:\Program Files)", {R"(owner=CORP\Packagers)"});
  const auto trust = [this](const machine::RegistryValue& value) {
    behind([&value](machine::Machine& m) {
      m.registry().set(R"(HKLM\Software\eBPF)", "EbpfTrustedWriters", value);
    });
  };
  trust({machine::RegistryType::kString, R"(CORP\Others)"});
  const std::string told =
      text(refuses(commands::Command::kInstall, ExitCode::kUnsafeFolder, R"(CORP\Packagers)"));
  EXPECT_THAT(told, HasSubstr(R"(HKLM\Software\eBPF\EbpfTrustedWriters)"));
  trust({machine::RegistryType::kMultiString, "CORP\\Others\nCORP\\Packagers"});
  must(commands::Command::kInstall);
  trust({machine::RegistryType::kString, R"(CORP\Others; corp\packagers)"});
  must(commands::Command::kEnable);
  expect_all_running();
}

TEST_F(Install, A_folder_that_is_a_link_is_refused_and_nothing_changes) {
  const std::filesystem::path link = vm_.drive("Program Files/ebpf-for-windows");
  std::filesystem::create_directory(vm_.drive("elsewhere"));
  std::filesystem::create_directory_symlink(vm_.drive("elsewhere"), link);
  refuses(commands::Command::kInstall, ExitCode::kUnsafeFolder, "is a link");
  EXPECT_TRUE(std::filesystem::is_empty(vm_.drive("elsewhere")));
}

TEST_F(Install, Reset_does_nothing_at_all) {
  must(commands::Command::kInstall);
  const std::string before = vm_.snapshot();
  const auto transactions = vm_.transactions().size();
  must(commands::Command::kReset);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(vm_.transactions().size(), transactions);
}

TEST_F(Install, A_work_folder_that_somebody_stands_in_keeps_no_other_from_being_cleaned) {
  const handler::Reply reply =
      with_fault(commands::Command::kInstall, "files.remove_folder#1:fail=32");
  EXPECT_EQ(reply.code, ExitCode::kSuccess);
  EXPECT_THAT(text(reply), HasSubstr("goes at the next boot"));
  vm_.reboot();
  must(commands::Command::kInstall);
  EXPECT_THAT(work_folders(), testing::IsEmpty());
}

TEST_F(Install, Files_in_use_are_moved_away_and_go_at_the_next_boot) {
  enabled();
  const std::vector<std::string> loaded{"ebpfapi.dll", "drivers/NetEbpfExt.sys"};
  for (const std::string& path : loaded) {
    lab::write_file(installed(path), "damaged");
    behind([&](machine::Machine& m) {
      EXPECT_THROW(m.files().remove("C:/Program Files/ebpf-for-windows/" + path), errors::Failure)
          << path << " must be in use";
    });
  }
  EXPECT_THAT(text(must(commands::Command::kInstall)),
              testing::ContainsRegex("What is in use in .* goes at the next boot .files: 2.."));
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(text(must(commands::Command::kInstall)), HasSubstr("goes at the next boot"));
  const std::string log = package_.log();
  const std::size_t told = log.find("goes at the next boot (files: 2)");
  EXPECT_NE(told, std::string::npos) << log;
  EXPECT_EQ(log.find("goes at the next boot", told + 1), std::string::npos)
      << "it was queued once\n"
      << log;
  for (const std::string& path : loaded)
    EXPECT_EQ(lab::read_file(installed(path)), lab::read_file(package_.file("bin/" + path)));
  vm_.reboot();
  must(commands::Command::kInstall);
  EXPECT_THAT(work_folders(), testing::IsEmpty());
}

}  // namespace
}  // namespace engine
