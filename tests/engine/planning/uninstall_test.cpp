// uninstall: what is ours goes, what is not stays.
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"
#include "tests/lab/user_check.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

class Uninstall : public Bench {
 protected:
  void gone() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      EXPECT_EQ(state(name), "") << name;
  }
};

TEST_F(Uninstall, Gives_back_the_machine_before_install) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Uninstall, Of_what_runs_it_stops_first_and_GuestProxyAgent_runs_on_without_dependencies) {
  enabled();
  must(commands::Command::kUninstall);
  gone();
  EXPECT_FALSE(fs::exists(installed("")));
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
  vm_.reboot();
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(Uninstall, After_a_disable_GuestProxyAgent_that_disable_stopped_runs_again) {
  enabled();
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  gone();
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(Uninstall, Install_and_enable_give_GuestProxyAgent_its_dependencies_back) {
  enabled();
  const std::string before = vm_.snapshot();
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, A_foreign_file_in_our_folder_stays_with_its_folder) {
  enabled();
  lab::write_file(installed("drivers/foreign.sys"), "not ours");
  must(commands::Command::kUninstall);
  EXPECT_EQ(lab::read_file(installed("drivers/foreign.sys")), "not ours");
  EXPECT_FALSE(has("drivers/eBPFCore.sys"));
  EXPECT_FALSE(has("ebpfapi.dll"));
}

TEST_F(Uninstall, A_folder_that_somebody_stands_in_stays_empty_and_fails_nothing) {
  enabled();
  EXPECT_EQ(with_fault(commands::Command::kUninstall, "files.remove_folder#1:fail=32").code,
            ExitCode::kSuccess);
  gone();
  for (const auto& entry : fs::recursive_directory_iterator(installed("")))
    EXPECT_TRUE(entry.is_directory()) << entry.path();
}

TEST_F(Uninstall, A_service_that_somebody_pointed_elsewhere_stays_and_is_named) {
  must(commands::Command::kInstall);
  behind([](machine::Machine& m) {
    auto config = *m.services().config("EbpfCore");
    config.image = R"(\??\C:\elsewhere\ebpfcore.sys)";
    m.services().change("EbpfCore", config);
  });
  const handler::Reply reply = must(commands::Command::kUninstall);
  EXPECT_THAT(service("EbpfCore").value("image", ""), HasSubstr("elsewhere"));
  EXPECT_EQ(state("NetEbpfExt"), "");
  EXPECT_THAT(text(reply), HasSubstr("Service EbpfCore is left"));
}

TEST_F(Uninstall, Twice_is_as_once) {
  enabled();
  must(commands::Command::kUninstall);
  const std::string before = vm_.snapshot();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, Where_nothing_is_installed_it_succeeds) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, What_is_gone_already_is_no_failure) {
  must(commands::Command::kInstall);
  fs::remove_all(installed("drivers"));
  behind([](machine::Machine& m) { m.services().remove("NetEbpfExt"); });
  must(commands::Command::kUninstall);
  gone();
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Uninstall, After_a_damaged_journal_it_takes_over_what_its_package_lists) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  lab::write_file(vm_.journal_path(), "no database, and long enough to be looked at");
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, After_a_damaged_journal_another_version_is_left_alone) {
  const lab::Package other = package("0.10.0");
  must(commands::Command::kInstall, other);
  lab::write_file(vm_.journal_path(), "no database, and long enough to be looked at");
  const std::string before = vm_.snapshot();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, A_foreign_installation_that_install_refused_is_left_alone) {
  const lab::Package other = package("1.1.0");
  must(commands::Command::kInstall, other);
  fs::remove_all(data(""));
  refuses(commands::Command::kInstall, ExitCode::kDowngradeRefused, "1.1.0");
  const std::string before = vm_.snapshot();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Uninstall, Another_folder_than_the_default_one_is_removed_where_it_is) {
  const lab::NotAsked not_asked("eBPF lies in another folder than the rules know");
  const lab::Package older = package("0.10.0");
  fs::create_directories(vm_.drive("eBPF"));
  fs::copy(older.file("bin"), vm_.drive("eBPF"), fs::copy_options::recursive);
  behind([](machine::Machine& m) {
    machine::ServiceConfig config;
    config.image = R"(\??\C:\eBPF\drivers\ebpfcore.sys)";
    m.services().create("EbpfCore", config);
    config.image = R"(\??\C:\eBPF\drivers\netebpfext.sys)";
    m.services().create("NetEbpfExt", config);
  });
  must(commands::Command::kInstall);
  fails(commands::Command::kEnable, ExitCode::kRestartService);  // it looks in the default folder
  must(commands::Command::kUninstall);
  gone();
  EXPECT_FALSE(fs::exists(vm_.drive("eBPF/ebpfapi.dll")));
  EXPECT_FALSE(fs::exists(vm_.drive("eBPF/drivers")));
}

TEST_F(Uninstall, The_journal_stays_and_retained_files_go) {
  enabled();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(fs::exists(vm_.journal_path()));
  EXPECT_THAT(work_folders(), testing::IsEmpty());
}

// F-11. At every filling of the disk, from none left to room for the recovery copy and more.
TEST_F(Uninstall, Works_at_every_filling_of_the_disk) {
  enabled();
  const lab::Vm full = vm_.copy_to(folder_.path() / "full");
  std::uint64_t used = 0;
  for (const auto& entry : fs::recursive_directory_iterator(full.drive("")))
    used += entry.is_regular_file() ? entry.file_size() : 0;
  const std::uint64_t program = fs::file_size(package_.program());
  for (const std::uint64_t free :
       {0ULL, 4'096ULL, 100'000ULL, 300'000ULL, 1'000'000ULL, 2'000'000ULL, 4'000'000ULL,
        5'000'000ULL, 6'000'000ULL, static_cast<unsigned long long>(program) + 100'000ULL,
        static_cast<unsigned long long>(program) + 3'500'000ULL}) {
    const lab::Vm vm = full.copy_to(folder_.path() / "one");
    vm.set("disk", {"full-at=" + std::to_string(used + free)});
    const handler::Reply reply = vm.run(commands::Command::kUninstall, package_);
    EXPECT_EQ(reply.code, ExitCode::kSuccess) << free << " free: " << text(reply);
    const auto services = vm.snapshot_json().at("services");
    EXPECT_FALSE(services.contains("EbpfCore")) << free;
    EXPECT_EQ(services.at("GuestProxyAgent").at("state"), "running") << free;
    fs::remove_all(vm.folder());
  }
}

}  // namespace
}  // namespace engine
