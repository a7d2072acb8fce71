// F-23, PS-59. A product of Windows Installer owns eBPF on the machine.
#include <filesystem>

#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/planning/plan_text.h"
#include "engine/product/meta.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/world/furniture.h"
#include "tests/world/msi_product.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;
using world::MsiDamage;

class Msi : public Bench {
 protected:
  Msi() : Bench({.gpa_depends = true}) {}

  void product(const std::string& version) const {
    world::msi_install(*vm_.home(), world::other_ebpf(version));
    world::start(*vm_.home(), world::kProxy);
  }
  void product_goes(const std::string& version) const {
    world::msi_uninstall(*vm_.home(), world::other_ebpf(version));
  }
  static std::string way_out(const std::string& version) {
    return "What to do: Remove that product (msiexec /x " + world::msi_product_code(version) + ")";
  }
  void expect_refused(Command command, const lab::Package& package,
                      const std::string& version) const {
    const handler::Reply reply = fails(command, ExitCode::kMsiProduct, package);
    EXPECT_THAT(text(reply), HasSubstr("eBPF for Windows " + version));
    EXPECT_THAT(text(reply), HasSubstr(way_out(version)));
  }
  std::optional<std::string> origin_of(const std::string& name) const {
    const journal::Reader reader(vm_.journal_path().string());
    for (const journal::Owned& row : reader.owned()) {
      if (row.name == name) return row.origin;
    }
    ADD_FAILURE() << "no row of " << name;
    return std::nullopt;
  }
};

TEST_F(Msi, Of_the_same_version_is_used_and_left_when_the_extension_goes) {
  product("1.0.0");
  const std::string before = vm_.snapshot();
  const handler::Reply reply = must(Command::kInstall);
  EXPECT_THAT(text(reply),
              HasSubstr("Using eBPF of the Windows Installer product eBPF for Windows 1.0.0"));
  must(Command::kEnable);
  EXPECT_EQ(origin_of("EbpfCore"), journal::kOfMsi);
  EXPECT_THAT(package_.status(0).dump(), HasSubstr("of a product of Windows Installer"));
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot())) << vm_.journal_text();
  expect_all_running();
}

TEST_F(Msi, Of_another_version_is_refused_before_the_first_stop) {
  const std::string older = "0.10.0";
  for (const std::string& version : {older, std::string("1.1.0")}) {
    product(version);
    const std::string before = vm_.snapshot();
    expect_refused(Command::kInstall, package_, version);
    if (version == older) expect_refused(Command::kEnable, package_, version);
    EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
    product_goes(version);
  }
  must(Command::kInstall);
  must(Command::kEnable);
  EXPECT_EQ(origin_of("EbpfCore"), std::nullopt);
}

TEST_F(Msi, An_update_over_one_of_another_version_gives_back_what_disable_stopped) {
  product("1.0.0");
  must(Command::kInstall);
  must(Command::kEnable);
  const lab::Package fresh = package("1.1.0");
  must(Command::kDisable);
  expect_refused(Command::kUpdate, fresh, "1.0.0");
  expect_all_running();
}

TEST_F(Msi, Its_repair_beside_us_loses_nothing_of_ours) {
  product("1.0.0");
  must(Command::kInstall);
  must(Command::kEnable);
  const std::string before = vm_.snapshot();
  world::msi_repair(*vm_.home(), world::other_ebpf("1.0.0"));
  must(Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Msi, Once_its_uninstall_has_taken_eBPF_away_enable_installs_ours) {
  product("1.0.0");
  must(Command::kInstall);
  must(Command::kEnable);
  product_goes("1.0.0");
  EXPECT_EQ(state("EbpfCore"), "");
  must(Command::kEnable);
  expect_all_running();
  EXPECT_EQ(origin_of("EbpfCore"), std::nullopt);
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Msi, An_older_one_that_comes_over_ours_is_mended_by_enable_and_forbids_updates) {
  must(Command::kInstall);
  must(Command::kEnable);
  product("0.10.0");
  must(Command::kEnable);
  expect_all_running();
  EXPECT_EQ(meta(product::meta::kSettledVersion), "1.0.0");
  must(Command::kDisable);
  expect_refused(Command::kUpdate, package("1.1.0"), "0.10.0");
  expect_all_running();
}

TEST_F(Msi, A_newer_one_that_comes_over_ours_is_left_and_named) {
  must(Command::kInstall);
  must(Command::kEnable);
  product("1.1.0");
  const std::string before = vm_.snapshot();
  const handler::Reply reply = must(Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_THAT(text(reply),
              HasSubstr("Left: the Windows Installer product eBPF for Windows 1.1.0 ("));
  EXPECT_THAT(package_.status(0).dump(), HasSubstr("eBPF for Windows 1.1.0 ("));
  must(Command::kDisable);
  EXPECT_THAT(text(must(Command::kUninstall)),
              HasSubstr("Left: eBPF of the Windows Installer product eBPF for Windows 1.1.0"));
  expect_all_running();
}

TEST_F(Msi, The_same_one_that_comes_over_ours_is_left_by_uninstall) {
  must(Command::kInstall);
  must(Command::kEnable);
  product("1.0.0");
  must(Command::kEnable);
  must(Command::kDisable);
  must(Command::kUninstall);
  expect_all_running();
  EXPECT_TRUE(has("ebpfapi.dll"));
}

TEST_F(Msi, Keeps_no_disable_and_no_uninstall_from_its_work) {
  must(Command::kInstall);
  must(Command::kEnable);
  product("0.10.0");
  must(Command::kEnable);
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
}

TEST_F(Msi, Without_a_version_is_refused) {
  product("1.0.0");
  for (const MsiDamage damage : {MsiDamage::kBrokenVersion, MsiDamage::kNoVersion}) {
    world::damage_msi(*vm_.home(), "1.0.0", damage);
    const handler::Reply reply =
        refuses(Command::kInstall, ExitCode::kMsiProduct, world::msi_product_code("1.0.0"));
    EXPECT_THAT(text(reply), HasSubstr(way_out("1.0.0")));
  }
}

TEST_F(Msi, Of_another_product_or_in_broken_keys_does_not_count) {
  product("1.0.0");
  const std::string before = vm_.snapshot();
  for (const MsiDamage damage :
       {MsiDamage::kUpgradeCodeAlone, MsiDamage::kOtherProduct, MsiDamage::kGarbage}) {
    world::damage_msi(*vm_.home(), "1.0.0", damage);
    must(Command::kInstall);
    EXPECT_EQ(origin_of("EbpfCore"), journal::kAdopted);
    must(Command::kUninstall);
  }
}

TEST_F(Msi, That_cannot_be_looked_up_keeps_install_from_its_work_and_uninstall_not) {
  const std::string fault = "registry.subtree#1:fail=5";
  EXPECT_NE(with_fault(Command::kInstall, fault).code, ExitCode::kSuccess);
  EXPECT_EQ(state("EbpfCore"), "");
  must(Command::kInstall);
  EXPECT_EQ(with_fault(Command::kUninstall, fault).code, ExitCode::kSuccess);
  EXPECT_EQ(state("EbpfCore"), "");
}

TEST_F(Msi, Is_shown_by_plan) {
  product("1.0.0");
  const auto plan =
      handler::show_plan(*vm_.machine(), lab::Vm::request(Command::kInstall, package_));
  EXPECT_EQ(plan.json.at("origin"), "an MSI product's");
  EXPECT_THAT(plan.text, HasSubstr("What is there: an MSI product's"));
}

}  // namespace
}  // namespace engine
