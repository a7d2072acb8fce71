// Registrations of our drivers that somebody made such that the next boot would go wrong: enable
// mends them while the drivers run.
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Registrations : public Update {
 protected:
  void change(const std::string& name,
              const std::function<void(machine::ServiceConfig&)>& what) const {
    behind([&](machine::Machine& m) {
      machine::ServiceConfig config = *m.services().config(name);
      what(config);
      m.services().change(name, config);
    });
  }
  std::uint32_t error_control(const std::string& name) const {
    std::uint32_t found = 0;
    behind([&](machine::Machine& m) { found = m.services().config(name)->error_control; });
    return found;
  }
  void make_critical() const {
    for (const char* name : {"EbpfCore", "NetEbpfExt"})
      change(name, [](machine::ServiceConfig& config) { config.error_control = 3; });
  }
  static void quote(machine::ServiceConfig& config) { config.image = "\"" + config.image + "\""; }
  void expect_normal() const {
    EXPECT_EQ(error_control("EbpfCore"), 1U);
    EXPECT_EQ(error_control("NetEbpfExt"), 1U);
  }
};

class CriticalDriver : public Registrations {};

TEST_F(CriticalDriver, Enable_makes_its_error_control_normal_and_restarts_nothing) {
  make_critical();
  const auto proxy = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  expect_normal();
  EXPECT_THAT(kinds(last_id()),
              ElementsAre("register-service EbpfCore", "register-service NetEbpfExt"));
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  expect_before();
}

TEST_F(CriticalDriver, An_update_makes_it_normal_and_its_undo_gives_it_back) {
  make_critical();
  up_to(commands::Command::kEnable);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  EXPECT_EQ(error_control("EbpfCore"), 3U);
  expect_before();
  whole();
  expect_running("1.1.0");
  expect_normal();
}

TEST_F(CriticalDriver, Another_versions_handler_leaves_it_and_warns) {
  make_critical();
  up_to(commands::Command::kEnable);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  EXPECT_EQ(error_control("EbpfCore"), 3U);
  EXPECT_THAT(fresh_.status(0).dump(), HasSubstr("Windows restarts the VM"));
}

class QuotedDriver : public Registrations {};

TEST_F(QuotedDriver, Enable_writes_its_path_anew_while_it_runs_and_the_next_boot_starts_it) {
  const auto proxy = process("GuestProxyAgent");
  change("EbpfCore", quote);
  change("NetEbpfExt", quote);
  must(commands::Command::kEnable);
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  expect_before();
  vm_.reboot();
  expect_running("1.0.0");
}

TEST_F(QuotedDriver, Behind_a_boot_without_it_enable_mends_and_starts_it) {
  change("EbpfCore", quote);
  vm_.reboot();
  ASSERT_EQ(state("EbpfCore"), "stopped");
  must(commands::Command::kEnable);
  expect_before();
}

TEST_F(QuotedDriver, An_update_writes_its_path_anew_too) {
  change("EbpfCore", quote);
  const std::string quoted = service("EbpfCore").at("image");
  must(commands::Command::kUpdate, fresh_);
  must(commands::Command::kInstall, fresh_);
  EXPECT_NE(service("EbpfCore").at("image"), quoted);
  must(commands::Command::kEnable, fresh_);
  expect_running("1.1.0");
}

// It gets its path back as somebody wrote it, so that neither it nor what depends on it starts.
TEST_F(QuotedDriver, An_update_that_is_undone_leaves_it_and_what_depends_on_it_and_enable_mends) {
  must(commands::Command::kDisable);
  change("EbpfCore", quote);
  must(commands::Command::kUpdate, fresh_);
  must(commands::Command::kInstall, fresh_);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  EXPECT_EQ(outcome(), "undone") << vm_.journal_text();
  EXPECT_THAT(vm_.journal_text(), HasSubstr("Service eBPFSvc, which ran, is left stopped"));
  must(commands::Command::kEnable);
  expect_before();
}

}  // namespace
}  // namespace engine
