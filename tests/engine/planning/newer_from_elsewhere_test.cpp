// F-22. Another installer has put a newer eBPF over ours: enable leaves it, with a warning; install
// and update refuse, and go on with a version that is newer again.
#include <algorithm>
#include <filesystem>

#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "tests/engine/bench.h"
#include "tests/world/furniture.h"
#include "tests/world/other_ebpf.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;

class NewerFromElsewhere : public Bench {
 protected:
  NewerFromElsewhere() : Bench({.gpa_depends = true}) {}

  // 0.10.0 of ours, with 1.0.0 of somebody else over it.
  void SetUp() override {
    must(Command::kInstall, old_);
    must(Command::kEnable, old_);
    world::put_ebpf(*vm_.home(), world::other_ebpf("1.0.0"));
    vm_.reboot();
    expect_newer_runs();
  }

  void expect_newer_runs() const {
    expect_all_running();
    for (const auto& [file, bytes] : world::other_ebpf("1.0.0").files) {
      std::string path = file;
      std::ranges::replace(path, '\\', '/');
      EXPECT_TRUE(lab::read_file(installed(path)) == bytes) << file << " has other bytes";
    }
  }
  // "warning: ..."
  std::string row_of(const std::string& name) const {
    const nlohmann::json status = old_.status(0).at(0).at("status");
    EXPECT_EQ(status.at("status"), "success");
    for (const auto& row : status.at("substatus")) {
      if (row.at("name") == name)
        return row.at("status").get<std::string>() + ": " +
               row.at("formattedMessage").at("message").get<std::string>();
    }
    return "";
  }

  const lab::Package old_ = package("0.10.0");
};

TEST_F(NewerFromElsewhere, Enable_at_each_boot_succeeds_with_a_warning_and_changes_nothing) {
  const std::string before = vm_.snapshot();
  const handler::Reply reply = must(Command::kEnable, old_);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_THAT(text(reply), HasSubstr("another installer has put a newer version than 0.10.0"));
  for (const char* name : {"EbpfCore", "NetEbpfExt"}) {
    EXPECT_THAT(row_of(name), testing::StartsWith("warning: 1.0.0 running")) << name;
    EXPECT_THAT(row_of(name), HasSubstr("another installer put it there")) << name;
  }
  vm_.reboot();
  must(Command::kEnable, old_);
  expect_newer_runs();
}

TEST_F(NewerFromElsewhere, Enable_starts_what_is_stopped_of_it) {
  world::stop(*vm_.home(), world::kProxy);
  world::stop(*vm_.home(), world::kEbpfService);
  world::stop(*vm_.home(), world::kExtension);
  must(Command::kEnable, old_);
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(state(name), "running") << name;
}

TEST_F(NewerFromElsewhere, One_that_does_not_start_is_no_success) {
  world::stop(*vm_.home(), world::kProxy);
  world::stop(*vm_.home(), world::kExtension);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(Command::kEnable, ExitCode::kStartDriver, old_);
}

TEST_F(NewerFromElsewhere, Install_and_update_refuse_and_name_who_is_newer) {
  refuses(Command::kInstall, ExitCode::kDowngradeRefused,
          "a newer version that another installer put there (EbpfCore 1.0.0", old_);
  const lab::Package between = package("0.21.0");
  must(lab::UpdateSequence(old_, between).before(Command::kUpdate));
  EXPECT_EQ(state("EbpfCore"), "stopped");
  const handler::Reply reply = fails(Command::kUpdate, ExitCode::kDowngradeRefused, between);
  EXPECT_THAT(text(reply), HasSubstr("another installer put there (EbpfCore 1.0.0"));
  expect_newer_runs();
}

TEST_F(NewerFromElsewhere, An_update_to_a_version_that_is_newer_again_goes_on) {
  const lab::Package newest = package("1.1.0");
  must(lab::UpdateSequence(old_, newest).all());
  expect_all_running();
  EXPECT_EQ(meta(product::meta::kSettledVersion), "1.1.0");
  must(Command::kDisable, newest);
  must(Command::kUninstall, newest);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(NewerFromElsewhere, An_update_that_is_undone_gives_it_back_running) {
  const std::string before = vm_.snapshot();
  const lab::Package newest = package("1.1.0");
  must(lab::UpdateSequence(old_, newest).before(Command::kEnable));
  with_fault(Command::kEnable, "services.start#2:fail=577", newest);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot())) << vm_.journal_text();
  expect_newer_runs();
}

TEST_F(NewerFromElsewhere, No_downgrade_replaces_it) {
  const lab::Package older = package("0.9.1");
  must(Command::kDisable, old_);
  EXPECT_EQ(vm_.run_update_to("0.9.1.1", old_).code, ExitCode::kSuccess);
  must(Command::kUninstall, old_);
  fails(Command::kInstall, ExitCode::kDowngradeRefused, older);
  expect_newer_runs();
}

TEST_F(NewerFromElsewhere, Uninstall_leaves_it_and_starts_what_disable_stopped) {
  must(Command::kDisable, old_);
  EXPECT_EQ(state("EbpfCore"), "stopped");
  const handler::Reply reply = must(Command::kUninstall, old_);
  EXPECT_THAT(text(reply), HasSubstr("another installer has put a newer eBPF over ours"));
  expect_newer_runs();
}

// Nothing is settled: install was refused, and the VM Agent calls enable all the same.
class NewerThanNothing : public Bench {};

TEST_F(NewerThanNothing, Install_is_refused_and_enable_leaves_it_with_a_warning) {
  world::put_ebpf(*vm_.home(), world::other_ebpf("1.1.0"));
  refuses(Command::kInstall, ExitCode::kDowngradeRefused, "another installer put there");
  must(Command::kEnable);
  expect_all_running();
  EXPECT_EQ(meta(product::meta::kSettledVersion), "");
  must(Command::kUninstall);
  expect_all_running();
}

// A damaged journal is set aside, and does not make the newer one ours.
TEST_F(NewerFromElsewhere, Enable_succeeds_also_behind_a_journal_that_was_lost) {
  lab::write_file(vm_.journal_path(), "no journal");
  const std::string before = vm_.snapshot();
  const handler::Reply reply = must(Command::kEnable, old_);
  EXPECT_THAT(text(reply), HasSubstr("another installer has put a newer version than 0.10.0"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  expect_newer_runs();
}

TEST_F(NewerThanNothing, Half_of_one_over_ours_is_damage_that_enable_mends) {
  must(Command::kInstall);
  must(Command::kEnable);
  world::put_ebpf(*vm_.home(), world::other_ebpf("1.1.0"));
  vm_.remove(R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)");
  must(Command::kEnable);
  expect_all_running();
  EXPECT_THAT(package_.status(0).dump(), HasSubstr("1.0.0 running"));
}

}  // namespace
}  // namespace engine
