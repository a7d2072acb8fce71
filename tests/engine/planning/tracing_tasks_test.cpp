// The tracing tasks: off while drivers stop and files move, on again however the command ends.
#include "engine/planning/tracing_tasks.h"

#include "actions/machine/files.h"
#include "actions/machine/tasks.h"
#include "actions/tasks/recovery_task.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/extras_bench.h"

namespace engine {
namespace {

class TracingTasks : public Extras {
 protected:
  // How often `command` stops a driver, or moves a file, while a tracing task is on.
  int calls_beneath_a_task(commands::Command command, const lab::Package& package) const {
    int beneath = 0;
    Watch watch([&](const machine::Call& call) {
      const bool moves = call.name == "files.rename" && call.object.find(kFolder) == 0;
      const bool stops = call.name == "services.stop" && call.object != "GuestProxyAgent";
      if (!moves && !stops) return;
      ++seen_;
      if (is_on(kStartup) || is_on(kPeriodic)) ++beneath;
    });
    EXPECT_EQ(vm_.run(command, package, &watch).code, ExitCode::kSuccess) << vm_.journal_text();
    return beneath;
  }
  // As an update leaves it that was undone.
  void arm_recovery() const {
    const std::string copy = R"(C:\ProgramData\EbpfForWindows\recovery\ebpf-handler.exe)";
    std::filesystem::create_directories(data("recovery"));
    vm_.put(copy, "handler");
    behind([&copy](machine::Machine& m) {
      m.tasks().put(R"(\eBPF for Windows\recovery)", actions::tasks::recovery_task_xml(copy));
    });
  }
  void disable_and_leave_a_task_off() const {
    arm_recovery();
    with_fault(commands::Command::kDisable, "tasks.set_enabled#3:fail=5");
    EXPECT_FALSE(is_on(kStartup));
  }
  // How often `command` switches a task.
  int switches(commands::Command command) const {
    int count = 0;
    Watch watch([&count](const machine::Call& call) { count += call.name == "tasks.set_enabled"; });
    EXPECT_EQ(vm_.run(command, package_, &watch).code, ExitCode::kSuccess) << vm_.journal_text();
    return count;
  }
  mutable int seen_ = 0;  // calls that stop a driver or move a file
};

TEST_F(TracingTasks, A_missing_task_is_registered_from_the_file_that_the_same_enable_repairs) {
  enabled();
  const std::string whole = vm_.snapshot();
  behind([](machine::Machine& m) {
    m.files().write(std::string(kFolder) + R"(\ebpf_tracing_startup_task.xml)", "<Task>no</Task>");
    m.tasks().remove(kStartup);
  });
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(whole, vm_.snapshot()));
}

TEST_F(TracingTasks, A_changed_task_is_mended_by_install) {
  must(commands::Command::kInstall);
  const std::string whole = vm_.snapshot();
  behind([](machine::Machine& m) { m.tasks().put(kStartup, "<Task>another</Task>"); });
  must(commands::Command::kInstall);
  EXPECT_TRUE(lab::same_machine(whole, vm_.snapshot()));
  EXPECT_THAT(kinds(last_id()), testing::ElementsAre(std::string("register-task ") + kStartup));
}

TEST_F(TracingTasks, Traces_outlive_uninstall) {
  enabled();
  const auto trace = vm_.drive("Windows/Logs/eBPF/ebpf_diag.etl");
  std::filesystem::create_directories(trace.parent_path());
  lab::write_file(trace, "what led to the failure");
  must(commands::Command::kUninstall);
  EXPECT_EQ(lab::read_file(trace), "what led to the failure");
}

TEST_F(TracingTasks, A_task_that_an_update_could_not_replace_is_replaced_by_the_next_enable) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  const auto old = tasks()[kStartup]["xml_sha256"];
  must(lab::UpdateSequence(package_, fresh).before(commands::Command::kInstall));
  with_fault(commands::Command::kInstall, "tasks.put#1:fail=5", fresh);
  EXPECT_EQ(with_fault(commands::Command::kEnable, "tasks.put#1:fail=5", fresh).code,
            ExitCode::kSuccess);
  EXPECT_EQ(tasks()[kStartup]["xml_sha256"], old);
  EXPECT_EQ(row(fresh, "TracingTasks")["status"], "warning");
  must(commands::Command::kEnable, fresh);
  EXPECT_NE(tasks()[kStartup]["xml_sha256"], old);
  must(commands::Command::kEnable, fresh);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
}

TEST_F(TracingTasks, Are_left_alone_where_no_recovery_would_switch_them_on_again) {
  enabled();
  EXPECT_EQ(switches(commands::Command::kDisable), 0);
  must(commands::Command::kEnable);
  vm_.put(std::string(kFolder) + R"(\ebpfapi.dll)", "damaged");
  EXPECT_EQ(switches(commands::Command::kEnable), 0);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
}

TEST_F(TracingTasks, Are_off_while_drivers_stop_and_files_move_and_on_afterwards) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  arm_recovery();
  EXPECT_EQ(calls_beneath_a_task(commands::Command::kDisable, package_), 0);
  EXPECT_EQ(seen_, 3);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  EXPECT_EQ(calls_beneath_a_task(commands::Command::kInstall, fresh), 0);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
  must(commands::Command::kEnable, fresh);
  EXPECT_EQ(calls_beneath_a_task(commands::Command::kUninstall, fresh), 0);
  EXPECT_GT(seen_, 10);
}

TEST_F(TracingTasks, Are_on_again_after_a_command_that_fails) {
  enabled();
  arm_recovery();
  vm_.set("service:EbpfCore", {"ignores-stop"});
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
}

TEST_F(TracingTasks, Are_on_again_after_a_command_that_is_killed) {
  enabled();
  arm_recovery();
  killed(commands::Command::kDisable, "services.stop#2:kill-after");
  EXPECT_FALSE(is_on(kStartup) || is_on(kPeriodic));
  must(commands::Command::kRecover);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
}

TEST_F(TracingTasks, A_tracing_task_that_does_not_come_on_again_does_with_the_next_enable) {
  enabled();
  disable_and_leave_a_task_off();
  EXPECT_TRUE(is_on(kPeriodic));
  must(commands::Command::kEnable);
  EXPECT_TRUE(is_on(kStartup));
  EXPECT_EQ(row(package_, "TracingTasks")["status"], "success");
  EXPECT_EQ(meta("tracing_tasks_off"), "");
}

TEST_F(TracingTasks,
       A_tracing_task_that_is_off_is_not_forgotten_where_the_scheduler_cannot_be_read) {
  enabled();
  for (int call = 1; call <= 6; ++call) {
    disable_and_leave_a_task_off();
    with_fault(commands::Command::kEnable, "tasks.get#" + std::to_string(call) + ":fail=5");
    must(commands::Command::kDisable);
    must(commands::Command::kEnable);
    EXPECT_TRUE(is_on(kStartup)) << "tasks.get#" << call;
  }
}

TEST_F(TracingTasks, A_tracing_task_that_is_off_is_not_forgotten_by_an_update_that_is_undone) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  disable_and_leave_a_task_off();
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh);
  must(commands::Command::kDisable);
  EXPECT_TRUE(is_on(kStartup));
}

TEST_F(TracingTasks, A_tracing_task_that_its_owner_switched_off_stays_off) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  behind([](machine::Machine& m) { m.tasks().set_enabled(kPeriodic, false); });
  update_to(fresh);
  EXPECT_TRUE(is_on(kStartup));
  EXPECT_FALSE(is_on(kPeriodic));
  EXPECT_EQ(row(fresh, "TracingTasks")["status"], "warning");
  must(commands::Command::kEnable, fresh);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
}

TEST_F(TracingTasks, A_task_leads_to_the_folder_in_which_eBPF_is_installed) {
  const std::u16string_view units = u"<a>%pRogramFiles%\\ebpf-for-windows\\x\u00e4\U0001F600";
  std::string file("\xFF\xFE");
  for (const char16_t unit : units) {
    file += static_cast<char>(unit & 0xFF);
    file += static_cast<char>(unit >> 8);
  }
  behind([&](machine::Machine& m) {
    EXPECT_EQ(planning::task_xml(file, kFolder, m),
              "<a>%pRogramFiles%\\ebpf-for-windows\\x\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(planning::task_xml(file, R"(D:\Tools & more)", m),
              "<a>D:\\Tools &amp; more\\x\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(planning::task_xml(file.substr(0, file.size() - 1), kFolder, m), std::nullopt);
    EXPECT_EQ(planning::task_xml(file.substr(0, file.size() - 2), kFolder, m), std::nullopt);
  });
}

}  // namespace
}  // namespace engine
