// PATH, netsh helper, tracing tasks and eBPF store: put in place, repaired, taken off, undone.
#include "engine/planning/extras.h"

#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "tests/engine/planning/extras_bench.h"

namespace engine {
namespace {

using machine::RegistryType;
using testing::AnyOf;
using testing::Contains;
using testing::Eq;
using testing::HasSubstr;
using testing::Not;

TEST_F(Extras, Are_put_in_place_by_install_and_shown_by_enable) {
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

TEST_F(Extras, Uninstall_leaves_no_trace_of_them) {
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(meta("ebpf_store_entries"), "");
  must(commands::Command::kUninstall);
  EXPECT_TRUE(vm_.steps(last_id()).empty());
}

TEST_F(Extras, With_nothing_to_do_plans_stay_empty) {
  enabled();
  for (const commands::Command command :
       {commands::Command::kEnable, commands::Command::kInstall, commands::Command::kEnable}) {
    must(command);
    EXPECT_TRUE(vm_.steps(last_id()).empty()) << vm_.journal_text();
  }
}

TEST_F(Extras, A_version_without_the_exporting_tool_has_no_store_and_no_row_for_it) {
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

class FailingExtra : public Extras, public testing::WithParamInterface<Failing> {};

TEST_P(FailingExtra, Is_a_warning_undone_alone_and_tried_again_by_the_next_enable) {
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
  EXPECT_TRUE(lab::same_machine(whole.snapshot(), vm_.snapshot()));
  EXPECT_EQ(removed.run(commands::Command::kUninstall, package_).code, ExitCode::kSuccess);
  EXPECT_TRUE(lab::same_machine(before, removed.snapshot()));
}

std::string failing_name(const testing::TestParamInfo<Failing>& row) { return row.param.row; }
INSTANTIATE_TEST_SUITE_P(Every, FailingExtra,
                         testing::Values(Failing{"Path", "registry.set#1:fail=5"},
                                         Failing{"NetshHelper", "registry.set#2:fail=5"},
                                         Failing{"TracingTasks", "tasks.put#1:fail=5"},
                                         Failing{"EbpfStore", "processes.run#1:fail=5"}),
                         failing_name);

TEST_F(Extras, One_that_is_missing_is_put_back_by_enable_alone) {
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

class SpeltPath : public Extras, public testing::WithParamInterface<std::string> {};

TEST_P(SpeltPath, That_was_there_first_is_not_added_twice_and_stays_after_uninstall) {
  set_path(RegistryType::kString, R"(C:\Windows;)" + GetParam() + R"(;C:\Tools)");
  const std::string before = vm_.snapshot();
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  EXPECT_EQ(vm_.snapshot_json()["path"], nlohmann::json::parse(before)["path"]);
  EXPECT_EQ(row(package_, "Path")["status"], "success");
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

INSTANTIATE_TEST_SUITE_P(Every, SpeltPath,
                         testing::Values(R"(c:\PROGRAM files\eBPF-for-windows)",
                                         R"("C:\Program Files\ebpf-for-windows")",
                                         R"(C:\Program Files\ebpf-for-windows\)",
                                         R"(%ProgramFiles%\ebpf-for-windows)"));

TEST_F(Extras, PATH_keeps_its_type) {
  set_path(RegistryType::kString, R"(C:\Windows)");
  must(commands::Command::kInstall);
  EXPECT_EQ(vm_.snapshot_json().at("path").at("type"), "REG_SZ");
  EXPECT_EQ(path(), std::string(R"(C:\Windows;)") + kFolder);
}

TEST_F(Extras, Entries_of_other_extensions_in_the_store_stay) {
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

TEST_F(Extras, Entries_that_others_write_between_install_and_enable_of_an_update_stay) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  update_up_to_enable(fresh);
  behind([](machine::Machine& m) {
    m.registry().set(std::string(kSections) + R"(\xdp)", "BpfProgType",
                     {RegistryType::kDword, "1"});
  });
  must(commands::Command::kEnable, fresh);
  must(commands::Command::kUninstall, fresh);
  EXPECT_TRUE(vm_.snapshot_json().at("registry").contains(std::string(kSections) + R"(\xdp)"));
  EXPECT_FALSE(has_store());
}

TEST_F(Extras, An_update_replaces_tasks_and_store_and_uninstall_still_leaves_no_trace) {
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
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Extras, Store_entries_go_with_uninstall_also_where_a_newer_export_failed) {
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

// The store has entries of another extension, and the journal gets lost.
class ExtrasWithoutJournal : public Extras {
 protected:
  static void put_theirs(machine::Machine& m) {
    m.registry().set(std::string(kSections) + R"(\xdp)", "BpfProgType",
                     {RegistryType::kDword, "1"});
    m.registry().set(std::string(kSections) + R"(\bind)", "TheirName", {RegistryType::kDword, "1"});
  }
  void SetUp() override {
    behind(put_theirs);
    before_ = vm_.snapshot();
    must(commands::Command::kInstall);
    must(commands::Command::kEnable);
  }
  void lose_journal() const { std::filesystem::remove(vm_.journal_path()); }
  nlohmann::json registry() const { return vm_.snapshot_json().at("registry"); }
  // Uninstall does not touch the store, and says so.
  void expect_left() const {
    const auto registry_before = registry();
    EXPECT_THAT(text(must(commands::Command::kUninstall)), HasSubstr("The eBPF store is left"));
    EXPECT_EQ(registry(), registry_before);
    EXPECT_FALSE(has(""));
  }
  std::string before_;
};

TEST_F(ExtrasWithoutJournal, Uninstall_takes_out_of_the_store_what_the_tool_writes) {
  lose_journal();
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_F(ExtrasWithoutJournal, So_does_an_uninstall_behind_an_enable_that_takes_over) {
  lose_journal();
  must(commands::Command::kEnable);
  must(commands::Command::kUninstall);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_F(ExtrasWithoutJournal, So_does_an_uninstall_behind_an_update_that_takes_over) {
  const lab::Package fresh = package("1.1.0");
  lose_journal();
  update_to(fresh);
  must(commands::Command::kUninstall, fresh);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_F(ExtrasWithoutJournal, Where_the_tool_fails_the_store_is_as_before_and_uninstall_says_so) {
  lose_journal();
  const auto registry_before = registry();
  const handler::Reply reply = with_fault(commands::Command::kUninstall, "processes.run#1:fail=5");
  EXPECT_EQ(reply.code, ExitCode::kSuccess);
  EXPECT_THAT(text(reply), HasSubstr("eBPF store"));
  EXPECT_EQ(registry(), registry_before);
  EXPECT_FALSE(has(""));
}

TEST_F(ExtrasWithoutJournal, A_tool_with_other_bytes_is_not_run_and_the_store_is_left) {
  lose_journal();
  lab::write_file(installed("export_program_info.exe"), "somebody's program");
  expect_left();
}

TEST_F(ExtrasWithoutJournal, Without_the_tool_what_was_written_since_goes_and_the_rest_is_named) {
  lose_journal();
  const std::string type_of_bind = std::string(kSections) + R"(\bind)";
  behind([&](machine::Machine& m) { m.registry().remove_value(type_of_bind, "ProgramType"); });
  must(commands::Command::kEnable);
  EXPECT_TRUE(registry()[type_of_bind].contains("ProgramType"));
  lab::write_file(installed("export_program_info.exe"), "somebody's program");
  EXPECT_THAT(text(must(commands::Command::kUninstall)),
              HasSubstr("The rest of the eBPF store is left"));
  EXPECT_FALSE(registry()[type_of_bind].contains("ProgramType"));
  EXPECT_TRUE(registry().contains(std::string(kSections) + R"(\cgroup/connect4)"));
}

TEST_F(ExtrasWithoutJournal, A_tool_that_others_could_exchange_is_not_run_and_the_store_is_left) {
  lose_journal();
  vm_.set(R"(path:C:\Program Files)", {"owner=users"});
  expect_left();
}

TEST_F(Extras, Enable_in_an_update_does_not_put_them_in_place_twice) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  update_to(fresh);
  EXPECT_THAT(kinds(last_id()), Not(Contains(AnyOf(HasSubstr("register-task"), HasSubstr("store"),
                                                   HasSubstr("path"), HasSubstr("netsh")))));
}

TEST_F(Extras, An_update_that_fails_in_enable_gives_them_back_byte_for_byte) {
  const lab::Package fresh = package("1.1.0");
  enabled();
  const std::string before = vm_.snapshot();
  update_up_to_enable(fresh);
  EXPECT_NE(vm_.snapshot_json()["tasks"], nlohmann::json::parse(before)["tasks"]);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Extras, An_install_killed_behind_them_is_undone_byte_for_byte) {
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "processes.run#1:kill-after");
  EXPECT_NE(vm_.snapshot(), before);
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(Extras, A_downgrade_to_a_version_without_the_tool_takes_our_entries_along) {
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

TEST_F(Extras, Are_shown_by_plan_as_best_effort) {
  machine::simulated::SimulatedMachine machine(vm_.folder().string());
  const std::string shown =
      handler::show_plan(machine, lab::Vm::request(commands::Command::kInstall, package_)).text;
  EXPECT_THAT(shown, HasSubstr("to the machine's PATH (best effort)"));
  EXPECT_THAT(shown, HasSubstr("Register task eBpfTracingStartupTask (best effort)"));
  EXPECT_THAT(shown, HasSubstr("Put 17 files into C:\\Program Files\\ebpf-for-windows\n"));
}

}  // namespace
}  // namespace engine
