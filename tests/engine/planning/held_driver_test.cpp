// A driver that a program has open at an uninstall: it is marked for deletion, and the boot takes
// it away. Nothing else waits for that.
#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class HeldDriver : public Bench {
 protected:
  void SetUp() override {
    enabled();
    vm_.set("service:EbpfCore", {"held-open"});
  }
  void expect_all_but_the_mark_gone() const {
    for (const char* name : {"NetEbpfExt", "eBPFSvc"})
      EXPECT_TRUE(service(name).empty()) << name;
    EXPECT_FALSE(std::filesystem::exists(installed("")));
    EXPECT_TRUE(service("GuestProxyAgent").at("depends").empty());
    EXPECT_EQ(state("GuestProxyAgent"), "running");
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), "");
  }
};

TEST_F(HeldDriver, Uninstall_removes_the_rest_and_GuestProxyAgent_runs_again) {
  must(commands::Command::kDisable);
  const handler::Reply reply = must(commands::Command::kUninstall);
  EXPECT_EQ(outcome(), "committed");
  expect_all_but_the_mark_gone();
  EXPECT_THAT(reply.lines, Contains(HasSubstr("the next boot removes its registration")).Times(1));
  EXPECT_THAT(text(reply), Not(HasSubstr("registered again")));
  vm_.reboot();
  EXPECT_TRUE(service("EbpfCore").empty());
  EXPECT_EQ(state("GuestProxyAgent"), "running");
}

TEST_F(HeldDriver, Uninstall_without_a_disable_does_the_same) {
  must(commands::Command::kUninstall);
  expect_all_but_the_mark_gone();
  vm_.reboot();
  EXPECT_TRUE(service("EbpfCore").empty());
}

TEST_F(HeldDriver, Behind_the_boot_it_is_installed_again) {
  must(commands::Command::kUninstall);
  const handler::Reply reply = fails(commands::Command::kInstall, ExitCode::kRebootNeeded);
  EXPECT_THAT(text(reply), HasSubstr("Restart the VM"));
  vm_.set("service:EbpfCore", {"clear"});
  vm_.reboot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  expect_all_running();
}

}  // namespace
}  // namespace engine
