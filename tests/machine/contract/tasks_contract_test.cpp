#include "actions/machine/tasks.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

using machine::ScheduledTask;

constexpr const char* kTaskName = R"(\eBPF contract\recover)";

std::string task_xml(const std::string& description, bool enabled = true) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>)" +
         description + R"(</Description></RegistrationInfo>
  <Triggers><BootTrigger><Enabled>false</Enabled></BootTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId></Principal></Principals>
  <Settings><Enabled>)" +
         (enabled ? "true" : "false") + R"(</Enabled></Settings>
  <Actions Context="Author"><Exec><Command>C:\none.exe</Command></Exec></Actions>
</Task>
)";
}

TEST_P(TasksContract, A_missing_task_is_nothing_and_removing_it_succeeds) {
  EXPECT_FALSE(tasks().get(kTaskName));
  tasks().remove(kTaskName);
  EXPECT_EQ(code_of([&] { tasks().set_enabled(kTaskName, false); }), 2);
}

TEST_P(TasksContract, A_task_is_found_without_case_and_goes) {
  tasks().put(kTaskName, task_xml("Description \xc3\xa9 of ours"));
  const auto task = tasks().get(R"(\EBPF Contract\RECOVER)");
  ASSERT_TRUE(task);
  EXPECT_NE(task->xml.find("Description \xc3\xa9 of ours"), std::string::npos);
  EXPECT_TRUE(task->enabled);
  EXPECT_EQ(tasks().get(R"(eBPF contract\recover)"), task);
  tasks().remove(R"(\eBPF CONTRACT\recover)");
  EXPECT_FALSE(tasks().get(kTaskName));
}

TEST_P(TasksContract, Putting_replaces) {
  tasks().put(kTaskName, task_xml("first"));
  tasks().put(kTaskName, task_xml("second", false));
  const auto task = tasks().get(kTaskName);
  ASSERT_TRUE(task);
  EXPECT_NE(task->xml.find("second"), std::string::npos);
  EXPECT_EQ(task->xml.find("first"), std::string::npos);
  EXPECT_FALSE(task->enabled);
  tasks().remove(kTaskName);
}

TEST_P(TasksContract, What_was_read_back_is_stored_unchanged) {
  tasks().put(kTaskName, task_xml("ours"));
  const auto task = tasks().get(kTaskName);
  tasks().put(kTaskName, task_xml("another"));
  tasks().put(kTaskName, task->xml);
  EXPECT_EQ(tasks().get(kTaskName), task);
  tasks().remove(kTaskName);
}

TEST_P(TasksContract, It_is_disabled_and_enabled_again) {
  tasks().put(kTaskName, task_xml("ours"));
  const auto before = tasks().get(kTaskName);
  tasks().set_enabled(kTaskName, false);
  EXPECT_EQ(tasks().get(kTaskName)->enabled ? "on" : "off", answer(rule::kTaskOff, "off"));
  tasks().set_enabled(kTaskName, true);
  EXPECT_EQ(tasks().get(kTaskName), before);
  tasks().remove(kTaskName);
}

TEST_P(TasksContract, What_is_no_task_is_refused) {
  EXPECT_EQ(code_of([&] { tasks().put(kTaskName, "no XML at all"); }), 0x8004131A);
  EXPECT_EQ(code_of([&] { tasks().put(kTaskName, "<Task>"); }),
            answer(rule::kUnclosedTask, 0x8004131A));
  EXPECT_FALSE(tasks().get(kTaskName));
}

}  // namespace
}  // namespace contract
