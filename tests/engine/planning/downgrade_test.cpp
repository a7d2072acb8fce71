// A downgrade: the VM Agent calls update of the higher version with the lower one in VERSION, then
// install and enable of the lower one.
#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::HasSubstr;
using testing::Not;

class Downgrade : public Bench {
 protected:
  void SetUp() override {
    must(commands::Command::kInstall);
    must(commands::Command::kEnable);
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt,eBPFSvc"});
    before_ = vm_.snapshot();
  }

  // The VM Agent's calls but enable of the lower version.
  void down_to(const lab::Package& lower) const {
    must(commands::Command::kDisable);
    const handler::Reply opened = vm_.run_update_to(lower.version() + ".1", package_);
    ASSERT_EQ(opened.code, ExitCode::kSuccess) << text(opened);
    must(commands::Command::kUninstall);
    must(commands::Command::kInstall, lower);
  }
  // A whole downgrade whose enable fails, and is undone.
  void undone_downgrade() const {
    down_to(lower_);
    vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=0.21.0"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver, lower_);
    vm_.set("service:NetEbpfExt", {"clear"});
    ASSERT_TRUE(lab::same_machine(before_, vm_.snapshot()));
  }
  void expect_runs(const std::string& version) const {
    for (const char* name : {"EbpfCore", "NetEbpfExt", "GuestProxyAgent"})
      EXPECT_EQ(state(name), "running") << name;
    EXPECT_EQ(meta(product::meta::kSettledVersion), version);
  }

  std::string before_;
  lab::Package lower_ = package("0.21.0");
};

// F-05. 0.21.0 has no eBPFSvc, on which GuestProxyAgent depends.
TEST_F(Downgrade, Takes_the_service_that_goes_out_of_GuestProxyAgents_dependencies) {
  down_to(lower_);
  must(commands::Command::kEnable, lower_);
  expect_runs("0.21.0");
  EXPECT_EQ(state("eBPFSvc"), "");
  EXPECT_EQ(service("GuestProxyAgent").at("depends"),
            nlohmann::json::array({"EbpfCore", "NetEbpfExt"}));
  vm_.reboot();
  must(commands::Command::kEnable, lower_);
  expect_runs("0.21.0");
}

TEST_F(Downgrade, The_next_version_with_that_service_gives_the_dependency_back) {
  down_to(lower_);
  must(commands::Command::kEnable, lower_);
  must(lab::UpdateSequence(lower_, package_).all());
  expect_runs("1.0.0");
  EXPECT_EQ(service("GuestProxyAgent").at("depends"),
            nlohmann::json::array({"EbpfCore", "NetEbpfExt", "eBPFSvc"}));
}

TEST_F(Downgrade, Behind_an_uninstall_too_the_next_version_gives_that_dependency_back) {
  down_to(lower_);
  must(commands::Command::kEnable, lower_);
  must(commands::Command::kDisable, lower_);
  must(commands::Command::kUninstall, lower_);
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_THAT(service("GuestProxyAgent").at("depends"),
              testing::UnorderedElementsAre("EbpfCore", "NetEbpfExt", "eBPFSvc"));
}

TEST_F(Downgrade, That_fails_gives_all_back_and_its_enable_never_says_success) {
  undone_downgrade();
  const handler::Reply again = vm_.run(commands::Command::kEnable, lower_);
  EXPECT_EQ(again.code, ExitCode::kStartDriver) << text(again);
  EXPECT_EQ(lower_.status(0)[0]["status"]["status"], "error");
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
  vm_.reboot();
  EXPECT_NE(vm_.run(commands::Command::kEnable, lower_).code, ExitCode::kSuccess);
  EXPECT_EQ(state("EbpfCore"), "running");
}

TEST_F(Downgrade, That_was_undone_may_be_tried_again_with_a_new_number) {
  undone_downgrade();
  const handler::Reply again = vm_.run(commands::Command::kEnable, lower_, nullptr, "1");
  EXPECT_EQ(again.code, ExitCode::kSuccess) << text(again);
  expect_runs("0.21.0");
}

// F-37
TEST_F(Downgrade, After_one_that_was_undone_any_version_between_the_two_is_deployable) {
  lower_ = package("0.9.1");
  down_to(lower_);
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=0.9.1"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver, lower_);
  vm_.set("service:NetEbpfExt", {"clear"});
  const lab::Package between = package("0.10.0");
  must(lab::UpdateSequence(lower_, between).all());
  expect_runs("0.10.0");
}

TEST_F(Downgrade, The_permission_of_one_that_was_undone_ends_after_a_week) {
  undone_downgrade();
  constexpr std::int64_t kEightDaysMs = 8LL * 24 * 60 * 60 * 1000;
  behind([](machine::Machine& m) { m.system().wait_ms(kEightDaysMs); });
  const handler::Reply reply = vm_.run(commands::Command::kEnable, lower_, nullptr, "1");
  EXPECT_EQ(reply.code, ExitCode::kDowngradeRefused) << text(reply);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(meta(product::meta::kSettledVersion), "1.0.0");
}

TEST_F(Downgrade, An_older_version_that_nobody_asked_for_is_refused_and_nothing_is_touched) {
  const handler::Reply reply =
      fails(commands::Command::kEnable, ExitCode::kDowngradeRefused, lower_);
  EXPECT_THAT(text(reply), HasSubstr("1.0.0"));
  EXPECT_THAT(text(reply), Not(HasSubstr("is enabled")));
  fails(commands::Command::kUpdate, ExitCode::kDowngradeRefused, lower_);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

}  // namespace
}  // namespace engine
