// F-17: the trace session that the startup task starts goes with the task.
#include "actions/machine/data_collectors.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/extras_bench.h"

namespace engine {
namespace {

constexpr const char* kSession = "ebpf_diag";

class TraceSession : public Extras {
 protected:
  void trace() const {
    behind([](machine::Machine& m) {
      m.data_collectors().put(kSession, "<DataCollectorSet/>");
      m.data_collectors().start(kSession);
    });
  }
  // "running", "defined", or "none".
  std::string session() const {
    std::string text = "none";
    behind([&text](machine::Machine& m) {
      if (const auto set = m.data_collectors().get(kSession))
        text = set->running ? "running" : "defined";
    });
    return text;
  }
  void expect_uninstall_ends_it() const {
    must(commands::Command::kUninstall);
    EXPECT_EQ(session(), "none");
    EXPECT_THAT(vm_.journal_text(), testing::HasSubstr("End trace session ebpf_diag"));
  }
};

TEST_F(TraceSession, Ends_with_uninstall_and_all_else_is_as_before_install) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  trace();
  expect_uninstall_ends_it();
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(TraceSession, Ends_with_uninstall_where_the_task_is_gone_already) {
  enabled();
  trace();
  behind([](machine::Machine& m) { m.tasks().remove(kStartup); });
  expect_uninstall_ends_it();
}

TEST_F(TraceSession, That_an_undone_install_left_ends_with_uninstall) {
  EXPECT_NE(with_fault(commands::Command::kInstall, "system.flush#1:fail=5").code,
            ExitCode::kSuccess);
  trace();
  expect_uninstall_ends_it();
}

TEST_F(TraceSession, Runs_again_when_the_uninstall_is_undone) {
  enabled();
  trace();
  const std::string before = vm_.snapshot();
  EXPECT_NE(with_fault(commands::Command::kUninstall, "system.flush#2:fail=5").code,
            ExitCode::kSuccess);
  EXPECT_EQ(outcome(), "undone");
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(TraceSession, That_does_not_end_is_a_warning_and_fails_no_uninstall) {
  enabled();
  trace();
  EXPECT_EQ(with_fault(commands::Command::kUninstall, "data_collectors.stop#1:fail=5").code,
            ExitCode::kSuccess);
  EXPECT_EQ(session(), "running");
  EXPECT_THAT(vm_.journal_text(), testing::HasSubstr("while ending trace session ebpf_diag"));
}

TEST_F(TraceSession, Runs_on_in_disable_enable_and_repair) {
  enabled();
  trace();
  must(commands::Command::kDisable);
  must(commands::Command::kEnable);
  vm_.remove(std::string(kFolder) + R"(\bpftool.exe)");
  must(commands::Command::kEnable);
  EXPECT_EQ(session(), "running");
}

}  // namespace
}  // namespace engine
