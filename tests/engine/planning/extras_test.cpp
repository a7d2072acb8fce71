// What is installed beside files and services: PATH, netsh helper, tracing tasks, eBPF store.
#include "engine/planning/extras.h"
#include "actions/machine/registry.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/planning/tracing_tasks.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using machine::RegistryType;
using testing::AnyOf;
using testing::Contains;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kFolder = R"(C:\Program Files\ebpf-for-windows)";
constexpr const char* kStartup = "eBpfTracingStartupTask";
constexpr const char* kPeriodic = "eBpfTracingPeriodicTask";
constexpr const char* kEnvironment =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
constexpr const char* kSections = R"(HKLM\Software\eBPF\Providers\SectionData)";

class Accessories : public Bench {
 protected:
  static nlohmann::json row(const lab::Package& package, const std::string& name) {
    const auto status = package.status(0)[0]["status"];
    for (const auto& row : status["substatus"]) {
      if (row["name"] == name) return row;
    }
    return nullptr;
  }

  void expect_all_well(const lab::Package& package) const {
    for (const char* name : {"Path", "NetshHelper", "TracingTasks", "EbpfStore"})
      EXPECT_EQ(row(package, name).value("status", ""), "success") << row(package, name);
  }

  nlohmann::json tasks() const { return vm_.snapshot_json().at("tasks"); }
  bool is_on(const std::string& name) const {
    const auto all = tasks();
    return all.contains(name) && all.at(name).at("enabled").get<bool>();
  }
  std::string path() const { return vm_.snapshot_json().at("path").at("data"); }
  void set_path(RegistryType type, const std::string& text) const {
    behind([&](machine::Machine& m) { m.registry().set(kEnvironment, "Path", {type, text}); });
  }
  bool has_store() const {
    return vm_.snapshot_json().at("registry").contains(std::string(kSections) + R"(\bind)");
  }

  // The five commands of an update to `fresh`.
  void update_to(const lab::Package& fresh) const {
    must(commands::Command::kDisable);
    must(commands::Command::kUpdate, fresh);
    must(commands::Command::kUninstall);
    must(commands::Command::kInstall, fresh);
    must(commands::Command::kEnable, fresh);
  }

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
  mutable int seen_ = 0;
};

TEST_F(Accessories, Are_put_in_place_by_install_and_shown_by_enable) {
  const std::string before = path();
  must(commands::Command::kInstall);
  EXPECT_EQ(path(), before + ";" + kFolder);
  EXPECT_EQ(vm_.snapshot_json().at("path").at("type"), "REG_EXPAND_SZ");
  EXPECT_THAT(vm_.snapshot_json().at("netsh").dump(), HasSubstr("ebpfnetsh.dll"));
  EXPECT_TRUE(is_on(kStartup));
  EXPECT_TRUE(is_on(kPeriodic));
  EXPECT_TRUE(has_store());
  must(commands::Command::kEnable);
  expect_all_well(package_);
}

TEST_F(Accessories, Uninstall_leaves_no_trace_of_them) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  must(commands::Command::kUninstall);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
  EXPECT_EQ(meta("ebpf_store_entries"), "");
  must(commands::Command::kUninstall);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
}

TEST_F(Accessories, With_nothing_to_do_plans_stay_empty) {
  enabled();
  for (const commands::Command command :
       {commands::Command::kEnable, commands::Command::kInstall, commands::Command::kEnable}) {
    must(command);
    EXPECT_TRUE(vm_.steps(last_id()).empty()) << vm_.journal_text();
  }
}

TEST_F(Accessories, A_version_without_the_exporting_tool_has_no_store_and_no_row_for_it) {
  const lab::Package old = package("0.10.0");
  must(commands::Command::kEnable, old);
  EXPECT_FALSE(has_store());
  EXPECT_TRUE(row(old, "EbpfStore").is_null());
  EXPECT_EQ(row(old, "Path")["status"], "success");
}

struct Failing {
  std::string row;
  std::string fault;
};

class FailingAccessory : public Accessories, public testing::WithParamInterface<Failing> {};

TEST_P(FailingAccessory, Is_a_warning_undone_alone_and_tried_again_by_the_next_enable) {
  const std::string before = vm_.snapshot();
  const lab::Vm whole = vm_.copy_to(folder_.path() / "whole");
  ASSERT_EQ(whole.run(commands::Command::kEnable, package_).code, ExitCode::kSuccess);
  const handler::Reply reply = with_fault(commands::Command::kEnable, GetParam().fault);
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
  for (const char* name : {"Path", "NetshHelper", "TracingTasks", "EbpfStore"}) {
    const auto found = row(package_, name);
    EXPECT_EQ(found["status"], name == GetParam().row ? "warning" : "success") << found;
    if (name == GetParam().row) {
      EXPECT_EQ(found["code"], 5) << found;
      EXPECT_THAT(found["formattedMessage"]["message"].get<std::string>(), Not(Eq("")));
    }
  }
  EXPECT_NE(vm_.snapshot(), whole.snapshot());
  const lab::Vm removed = vm_.copy_to(folder_.path() / "removed");
  must(commands::Command::kEnable);
  expect_all_well(package_);
  EXPECT_EQ(vm_.snapshot(), whole.snapshot()) << difference(whole.snapshot(), vm_.snapshot());
  EXPECT_EQ(removed.run(commands::Command::kUninstall, package_).code, ExitCode::kSuccess);
  EXPECT_EQ(removed.snapshot(), before) << difference(before, removed.snapshot());
}

std::string failing_name(const testing::TestParamInfo<Failing>& row) { return row.param.row; }
INSTANTIATE_TEST_SUITE_P(Every, FailingAccessory,
                         testing::Values(Failing{"Path", "registry.set#1:fail=5"},
                                         Failing{"NetshHelper", "registry.set#2:fail=5"},
                                         Failing{"TracingTasks", "tasks.put#1:fail=5"},
                                         Failing{"EbpfStore", "processes.run#1:fail=5"}),
                         failing_name);

TEST_F(Accessories, One_that_is_missing_is_put_back_by_enable_alone) {
  enabled();
  const std::string whole = vm_.snapshot();
  set_path(RegistryType::kExpandString, R"(C:\Windows)");
  behind([](machine::Machine& m) { m.tasks().remove(kPeriodic); });
  must(commands::Command::kEnable);
  EXPECT_THAT(kinds(last_id()), testing::ElementsAre(std::string("add-to-path ") + kFolder,
                                                     std::string("register-task ") + kPeriodic));
  EXPECT_EQ(vm_.snapshot_json()["tasks"], nlohmann::json::parse(whole)["tasks"]);
  EXPECT_EQ(path(), std::string(R"(C:\Windows;)") + kFolder);
}

TEST_F(Accessories, A_missing_task_is_registered_from_the_file_that_the_same_enable_repairs) {
  enabled();
  const std::string whole = vm_.snapshot();
  behind([](machine::Machine& m) {
    m.files().write(std::string(kFolder) + R"(\ebpf_tracing_startup_task.xml)", "<Task>no</Task>");
    m.tasks().remove(kStartup);
  });
  must(commands::Command::kEnable);
  EXPECT_EQ(vm_.snapshot(), whole) << difference(whole, vm_.snapshot());
}

TEST_F(Accessories, A_changed_task_is_mended_by_install) {
  must(commands::Command::kInstall);
  const std::string whole = vm_.snapshot();
  behind([](machine::Machine& m) { m.tasks().put(kStartup, "<Task>another</Task>"); });
  must(commands::Command::kInstall);
  EXPECT_EQ(vm_.snapshot(), whole);
  EXPECT_THAT(kinds(last_id()), testing::ElementsAre(std::string("register-task ") + kStartup));
}

class SpeltPath : public Accessories, public testing::WithParamInterface<std::string> {};

TEST_P(SpeltPath, That_was_there_first_is_not_added_twice_and_stays_after_uninstall) {
  set_path(RegistryType::kString, R"(C:\Windows;)" + GetParam() + R"(;C:\Tools)");
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(vm_.snapshot_json()["path"], nlohmann::json::parse(before)["path"]);
  EXPECT_EQ(row(package_, "Path")["status"], "success");
  must(commands::Command::kUninstall);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

INSTANTIATE_TEST_SUITE_P(Every, SpeltPath,
                         testing::Values(R"(c:\PROGRAM files\eBPF-for-windows)",
                                         R"("C:\Program Files\ebpf-for-windows")",
                                         R"(C:\Program Files\ebpf-for-windows\)",
                                         R"(%ProgramFiles%\ebpf-for-windows)"));

TEST_F(Accessories, PATH_keeps_its_type) {
  set_path(RegistryType::kString, R"(C:\Windows)");
  must(commands::Command::kInstall);
  EXPECT_EQ(vm_.snapshot_json().at("path").at("type"), "REG_SZ");
  EXPECT_EQ(path(), std::string(R"(C:\Windows;)") + kFolder);
}

TEST_F(Accessories, Entries_of_other_extensions_in_the_store_stay) {
  must(commands::Command::kInstall);
  behind([](machine::Machine& m) {
    m.registry().set(std::string(kSections) + R"(\xdp)", "BpfProgType",
                     {RegistryType::kDword, "1"});
  });
  must(commands::Command::kUninstall);
  const auto registry = vm_.snapshot_json().at("registry");
  EXPECT_TRUE(registry.contains(std::string(kSections) + R"(\xdp)"));
  EXPECT_FALSE(has_store());
}

TEST_F(Accessories, Entries_that_others_write_between_install_and_enable_of_an_update_stay) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  must(commands::Command::kDisable);
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh);
  behind([](machine::Machine& m) {
    m.registry().set(std::string(kSections) + R"(\xdp)", "BpfProgType",
                     {RegistryType::kDword, "1"});
  });
  must(commands::Command::kEnable, fresh);
  must(commands::Command::kUninstall, fresh);
  EXPECT_TRUE(vm_.snapshot_json().at("registry").contains(std::string(kSections) + R"(\xdp)"));
  EXPECT_FALSE(has_store());
}

TEST_F(Accessories, Traces_outlive_uninstall) {
  enabled();
  const auto trace = vm_.drive("Windows/Logs/eBPF/ebpf_diag.etl");
  std::filesystem::create_directories(trace.parent_path());
  lab::write_file(trace, "what led to the failure");
  must(commands::Command::kUninstall);
  EXPECT_EQ(lab::read_file(trace), "what led to the failure");
}

TEST_F(Accessories, An_update_replaces_tasks_and_store_and_uninstall_still_leaves_no_trace) {
  const std::string before = vm_.snapshot();
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  const auto old = vm_.snapshot_json();
  update_to(fresh);
  expect_all_well(fresh);
  const auto now = vm_.snapshot_json();
  for (const char* name : {kStartup, kPeriodic})
    EXPECT_NE(now["tasks"][name]["xml_sha256"], old["tasks"][name]["xml_sha256"]);
  EXPECT_NE(now["registry"], old["registry"]);
  EXPECT_EQ(now["path"], old["path"]);
  must(commands::Command::kDisable, fresh);
  must(commands::Command::kUninstall, fresh);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Accessories, Store_entries_go_with_uninstall_also_where_a_newer_export_failed) {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  const lab::Package fresh = package("1.1.0");
  must(commands::Command::kUpdate, fresh);
  EXPECT_EQ(with_fault(commands::Command::kInstall, "processes.run#1:fail=5", fresh).code,
            ExitCode::kSuccess);
  EXPECT_EQ(with_fault(commands::Command::kEnable, "processes.run#1:fail=5", fresh).code,
            ExitCode::kSuccess);
  EXPECT_TRUE(has_store());
  must(commands::Command::kUninstall, fresh);
  EXPECT_FALSE(has_store());
}

TEST_F(Accessories, A_task_that_an_update_could_not_replace_is_replaced_by_the_next_enable) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  const auto old = tasks()[kStartup]["xml_sha256"];
  must(commands::Command::kDisable);
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
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

TEST_F(Accessories, Enable_in_an_update_does_not_put_them_in_place_twice) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  update_to(fresh);
  EXPECT_THAT(kinds(last_id()), Not(Contains(AnyOf(HasSubstr("register-task"), HasSubstr("store"),
                                                   HasSubstr("path"), HasSubstr("netsh")))));
}

TEST_F(Accessories, An_update_that_fails_in_enable_gives_them_back_byte_for_byte) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  const std::string before = vm_.snapshot();
  must(commands::Command::kDisable);
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh);
  EXPECT_NE(vm_.snapshot_json()["tasks"], nlohmann::json::parse(before)["tasks"]);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Accessories, An_install_killed_behind_them_is_undone_byte_for_byte) {
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "processes.run#1:kill-after");
  EXPECT_NE(vm_.snapshot(), before);
  must(commands::Command::kRecover);
  EXPECT_EQ(vm_.snapshot(), before) << difference(before, vm_.snapshot());
}

TEST_F(Accessories, A_downgrade_to_a_version_without_the_tool_takes_our_entries_along) {
  const lab::Package old = package("0.10.0");
  enabled();
  must(commands::Command::kDisable);
  EXPECT_EQ(vm_.run_update_to("0.10.0.1", package_).code, ExitCode::kSuccess);
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, old);
  must(commands::Command::kEnable, old);
  EXPECT_FALSE(has_store());
  EXPECT_EQ(meta("ebpf_store_entries"), "");
}

TEST_F(Accessories, Tracing_tasks_are_off_while_drivers_stop_and_files_move_and_on_afterwards) {
  const lab::Package fresh = package("1.1.0");
  enabled();
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

TEST_F(Accessories, Tracing_tasks_are_on_again_after_a_command_that_fails) {
  enabled();
  vm_.set("service:EbpfCore", {"ignores-stop"});
  fails(commands::Command::kDisable, ExitCode::kStopDriver);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
}

TEST_F(Accessories, Tracing_tasks_are_on_again_after_a_command_that_is_killed) {
  enabled();
  killed(commands::Command::kDisable, "services.stop#2:kill-after");
  EXPECT_FALSE(is_on(kStartup) || is_on(kPeriodic));
  must(commands::Command::kRecover);
  EXPECT_TRUE(is_on(kStartup) && is_on(kPeriodic));
}

TEST_F(Accessories, A_tracing_task_that_does_not_come_on_again_does_with_the_next_enable) {
  enabled();
  with_fault(commands::Command::kDisable, "tasks.set_enabled#3:fail=5");
  EXPECT_FALSE(is_on(kStartup));
  EXPECT_TRUE(is_on(kPeriodic));
  must(commands::Command::kEnable);
  EXPECT_TRUE(is_on(kStartup));
  EXPECT_EQ(row(package_, "TracingTasks")["status"], "success");
  EXPECT_EQ(meta("tracing_tasks_off"), "");
}

TEST_F(Accessories,
       A_tracing_task_that_is_off_is_not_forgotten_where_the_scheduler_cannot_be_read) {
  enabled();
  for (int call = 1; call <= 6; ++call) {
    with_fault(commands::Command::kDisable, "tasks.set_enabled#3:fail=5");
    EXPECT_FALSE(is_on(kStartup));
    with_fault(commands::Command::kEnable, "tasks.get#" + std::to_string(call) + ":fail=5");
    must(commands::Command::kDisable);
    must(commands::Command::kEnable);
    EXPECT_TRUE(is_on(kStartup)) << "tasks.get#" << call;
  }
}

TEST_F(Accessories, A_tracing_task_that_is_off_is_not_forgotten_by_an_update_that_is_undone) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  with_fault(commands::Command::kDisable, "tasks.set_enabled#3:fail=5");
  must(commands::Command::kUpdate, fresh);
  must(commands::Command::kUninstall);
  must(commands::Command::kInstall, fresh);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh);
  must(commands::Command::kDisable);
  EXPECT_TRUE(is_on(kStartup));
}

TEST_F(Accessories, A_tracing_task_that_its_owner_switched_off_stays_off) {
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

TEST_F(Accessories, Are_shown_by_plan_as_best_effort) {
  machine::simulated::SimulatedMachine machine(vm_.folder().string());
  const std::string shown =
      handler::show_plan(machine, lab::Vm::request(commands::Command::kInstall, package_)).text;
  EXPECT_THAT(shown, HasSubstr("to the machine's PATH (best effort)"));
  EXPECT_THAT(shown, HasSubstr("Register task eBpfTracingStartupTask (best effort)"));
  EXPECT_THAT(shown, HasSubstr("Put 17 files into C:\\Program Files\\ebpf-for-windows\n"));
}

TEST_F(Accessories, A_task_leads_to_the_folder_in_which_eBPF_is_installed) {
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
