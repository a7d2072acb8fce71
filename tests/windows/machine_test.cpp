// What the Windows machine does beyond the contract of all machines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/machine/this_process.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/interfaces/windows_services.h"
#include "actions/machine/windows/manager_call.h"
#include "actions/machine/windows/signature.h"
#include "actions/machine/windows/text.h"
#include "errors/failure.h"
#include "journal/lock.h"
#include "tests/windows/access.h"
#include "tests/windows/scratch.h"

namespace {

using errors::ExitCode;
using errors::Failure;
using windows_tests::Scratch;

constexpr std::uint64_t kMaxBytes = 1024 * 1024;

std::string child() { return machine::join(machine::executable_folder(), "child.exe"); }

TEST(WindowsMachine, Paths_over_260_characters_work_for_every_call) {
  Scratch scratch;
  machine::Files& files = scratch.machine.files();
  std::string folder = scratch.folder;
  for (int i = 0; i < 4; ++i) {
    folder = machine::join(folder, std::string(90, static_cast<char>('a' + i)) + " \xc3\xa9");
    files.create_folder(folder);
  }
  ASSERT_GT(folder.size(), 360U);
  const std::string file = machine::join(folder, "file.sys");
  files.write(file, "content");
  EXPECT_EQ(files.read(file, kMaxBytes), "content");
  EXPECT_EQ(files.list(folder), std::vector<std::string>{"file.sys"});
  files.rename(file, file + ".aside");
  const auto copied = files.copy_in(file + ".aside", file);
  EXPECT_EQ(files.sha256(file + ".aside"), copied.sha256);
  EXPECT_FALSE(files.version(file));
  files.set_readonly(file, true);
  EXPECT_TRUE(files.stat(file)->readonly);
  const std::vector<std::string> both{file, folder};
  files.sync(both);
  EXPECT_TRUE(files.stat(file)->readonly) << "as it was, also after a sync";
  files.set_readonly(file, false);
  EXPECT_GT(files.free_bytes(file), 0U);
  EXPECT_FALSE(files.create_private_folder(folder + "\\private"));
  EXPECT_FALSE(files.create_private_folder(folder + "\\private"));
}

TEST(WindowsMachine, A_folder_that_everybody_may_write_is_moved_aside_unread) {
  Scratch scratch;
  machine::Files& files = scratch.machine.files();
  const std::string folder = scratch.path("EbpfForWindows");
  files.create_folder(folder);
  files.write(folder + "\\journal.db", "planted");
  windows_tests::let_everybody_write(folder);
  const auto moved = files.create_private_folder(folder);
  ASSERT_TRUE(moved);
  EXPECT_EQ(*moved, folder + ".untrusted-1");
  EXPECT_TRUE(files.list(folder).empty());
  EXPECT_EQ(files.read(*moved + "\\journal.db", kMaxBytes), "planted");
  windows_tests::let_everybody_write(folder);
  EXPECT_EQ(files.create_private_folder(folder), folder + ".untrusted-2");
}

// Not on C:\\ itself, where every user may make files in new folders.
constexpr const char* kPrograms = "C:\\Program Files\\Scratch \xc3\xa9";

TEST(WindowsMachine, Who_else_can_write_into_a_folder_is_named) {
  Scratch scratch(kPrograms);
  machine::Files& files = scratch.machine.files();
  const std::string folder = scratch.path("Programs");
  files.create_folder(folder);
  EXPECT_FALSE(files.other_writer(folder, {}));
  windows_tests::let_everybody_write(folder);
  EXPECT_EQ(files.other_writer(folder, {}), "Everyone");
  EXPECT_EQ(files.other_writer(folder, {"CORP\\Packagers"}), "Everyone");
  EXPECT_FALSE(files.other_writer(folder, {"everyone"})) << "by name, without case";
  EXPECT_FALSE(files.other_writer(folder, {"S-1-1-0"})) << "by SID";
  EXPECT_EQ(files.other_writer(folder + "\\not\\there", {}), "Everyone") << "would inherit it";
  EXPECT_FALSE(files.other_writer(scratch.folder, {})) << "the parent is not concerned";
}

TEST(WindowsMachine, Who_can_put_another_folder_in_the_place_of_one_can_write_into_it) {
  Scratch scratch(kPrograms);
  machine::Files& files = scratch.machine.files();
  const std::string folder = scratch.path("Programs");
  files.create_private_folder(folder);
  EXPECT_FALSE(files.other_writer(folder, {}));
  windows_tests::let_everybody_write(scratch.folder);
  EXPECT_EQ(files.other_writer(folder, {}), "Everyone");
}

// A rename keeps what a file was made with; eBPFSvc, LocalService's, must be able to read its own.
TEST(WindowsMachine, What_was_staged_in_a_private_folder_can_be_read_and_run_by_everybody) {
  Scratch scratch(kPrograms);
  machine::Files& files = scratch.machine.files();
  files.create_private_folder(scratch.path("Private"));
  files.copy_in(child(), scratch.path("Private\\staged.exe"));
  files.rename(scratch.path("Private\\staged.exe"), scratch.path("placed.exe"));
  // FILE_GENERIC_READ and FILE_GENERIC_EXECUTE
  EXPECT_THAT(machine::windows::utf8(windows_tests::access_list(scratch.path("placed.exe"))),
              testing::HasSubstr("(A;;0x1200a9;;;WD)"));
}

TEST(WindowsMachine, A_program_without_a_signature_is_said_to_have_none) {
  EXPECT_EQ(machine::windows::signature_of(child()), "Its image has no signature in it.");
  EXPECT_THAT(machine::windows::signature_of(R"(C:\missing.sys)"),
              testing::HasSubstr("cannot be read"));
}

TEST(WindowsMachine, A_deleted_task_takes_its_empty_folders_with_it) {
  Scratch scratch;
  machine::Tasks& tasks = scratch.machine.tasks();
  const std::string folder = scratch.machine.system().system_root() + R"(\System32\Tasks\Ours)";
  const std::string xml =
      R"(<Task xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task"><Actions><Exec>)"
      R"(<Command>x.exe</Command></Exec></Actions></Task>)";
  for (const char* name : {R"(\Ours\Deep\One)", R"(\Ours\Two)"})
    tasks.put(name, xml);
  ASSERT_TRUE(scratch.machine.files().stat(folder));
  tasks.remove(R"(\Ours\Deep\One)");
  EXPECT_FALSE(scratch.machine.files().stat(folder + "\\Deep"));
  EXPECT_TRUE(tasks.get(R"(\Ours\Two)"));
  tasks.remove(R"(\Ours\Two)");
  EXPECT_FALSE(scratch.machine.files().stat(folder));
}

// Everybody may make files in ProgramData.
TEST(WindowsMachine, A_file_in_the_place_of_a_private_folder_is_moved_aside) {
  Scratch scratch;
  machine::Files& files = scratch.machine.files();
  files.write(scratch.path("private"), "x");
  const auto aside = files.create_private_folder(scratch.path("private"));
  ASSERT_TRUE(aside);
  EXPECT_EQ(files.read(*aside, 1), "x");
  EXPECT_EQ(files.stat(scratch.path("private"))->kind, machine::FileKind::kFolder);
}

TEST(WindowsMachine, A_deletion_at_the_next_boot_is_queued_with_the_session_manager) {
  Scratch scratch;
  const std::string file = scratch.path("in use");
  scratch.machine.files().write(file, "");
  constexpr std::string_view kKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
  constexpr std::string_view kQueue = "PendingFileRenameOperations";
  const auto before = scratch.machine.registry().get(kKey, kQueue);
  scratch.machine.files().remove_at_boot(file);
  const auto queue = scratch.machine.registry().get(kKey, kQueue);
  if (before) {
    scratch.machine.registry().set(kKey, kQueue, *before);
  } else {
    scratch.machine.registry().remove_value(kKey, kQueue);
  }
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->type, machine::RegistryType::kMultiString);
  EXPECT_NE(queue->data.find("\\??\\" + file + "\n"), std::string::npos) << queue->data;
  try {
    scratch.machine.files().remove_at_boot(scratch.path("missing"));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.system()->code, 2);
  }
}

TEST(WindowsMachine, A_PATH_of_forty_kilobytes_keeps_every_character_and_its_type) {
  Scratch scratch;
  constexpr std::string_view kKey = R"(HKLM\SOFTWARE\EbpfForWindowsTest)";
  std::string path = R"("C:\Quoted Folder\";%SystemRoot%\system32;;)";
  while (path.size() < 40 * 1024)
    path += "C:\\Folder \xc3\xa9 " + std::to_string(path.size()) + ";";
  const machine::RegistryValue value{machine::RegistryType::kExpandString, path};
  scratch.machine.registry().set(kKey, "Path", value);
  EXPECT_EQ(scratch.machine.registry().get(kKey, "Path"), value);
  const auto keys = scratch.machine.registry().subtree(kKey);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys.front().values.at("Path"), value);
  scratch.machine.registry().remove_key(kKey);
}

TEST(WindowsMachine, A_file_of_the_VM_Agent_is_replaced_whole) {
  Scratch scratch;
  machine::HostFiles& host = scratch.machine.host();
  const std::string status = scratch.path("0.status");
  host.create_folder(scratch.path("status"));
  host.create_folder(scratch.path("status"));
  host.replace(status, "first", scratch.path("status"));
  host.replace(status, "second", scratch.path("status"));
  EXPECT_EQ(host.read(status, kMaxBytes), "second");
  EXPECT_TRUE(host.list(scratch.path("status")).empty()) << "nothing temporary stays";
  host.check_writable(scratch.folder);
  EXPECT_EQ(host.list(scratch.folder), (std::vector<std::string>{"0.status", "status"}));
  EXPECT_THROW(host.check_writable(scratch.path("missing")), Failure);
}

TEST(WindowsMachine, A_file_of_the_VM_Agent_is_removed_and_what_is_absent_is_success) {
  Scratch scratch;
  machine::HostFiles& host = scratch.machine.host();
  host.create_folder(scratch.path("folder"));
  host.replace(scratch.path("gone"), "first", scratch.folder);
  host.remove(scratch.path("gone"));
  host.remove(scratch.path("gone"));
  host.remove(scratch.path("missing\\gone"));
  EXPECT_EQ(host.list(scratch.folder), std::vector<std::string>{"folder"});
  EXPECT_THROW(host.remove(scratch.path("folder")), Failure);
}

machine::ServiceConfig program_that_hangs(const std::string& display) {
  machine::ServiceConfig config;
  config.type = machine::ServiceType::kOwnProcess;
  config.image = "\"" + child() + "\" hang";
  config.display = display;
  config.account = "LocalSystem";
  return config;
}

TEST(WindowsManagerCall, That_is_not_answered_takes_no_more_than_the_time_it_is_given) {
  using std::chrono::milliseconds;
  machine::windows::KernelHandle driver(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  const HANDLE hangs = driver.get();
  const auto call = machine::windows::ManagerCall::begin([hangs]() -> DWORD {
    WaitForSingleObject(hangs, INFINITE);
    return ERROR_SERVICE_NEVER_STARTED;
  });
  EXPECT_FALSE(call.wait(milliseconds(0)));
  EXPECT_FALSE(call.wait(milliseconds(20)));
  SetEvent(hangs);
  EXPECT_EQ(call.wait(milliseconds(10'000)), DWORD{ERROR_SERVICE_NEVER_STARTED});
  EXPECT_EQ(call.wait(milliseconds(0)), DWORD{ERROR_SERVICE_NEVER_STARTED}) << "asked once more";
}

// Until the manager has given up the start of a program that never speaks to it. It starts one
// service at a time: who comes meanwhile waits, under Wine no longer than 3 s (1055).
std::optional<machine::ServiceStatus> given_up(
    machine::windows::interfaces::WindowsServices& services, std::string_view name) {
  auto status = services.status(name);
  for (int i = 0; i < 600 && status && status->state == machine::ServiceState::kStartPending; ++i) {
    Sleep(100);
    status = services.status(name);
  }
  return status;
}

// A program that never speaks to the manager, as a driver that hangs in its own code.
TEST(WindowsManagerCall,
     A_service_that_is_not_answered_for_starts_and_keeps_its_mark_for_deletion) {
  machine::windows::interfaces::WindowsServices services(std::chrono::milliseconds(50));
  services.create("Hangs", program_that_hangs("hangs"));
  services.start("Hangs");
  EXPECT_EQ(services.status("Hangs")->state, machine::ServiceState::kStartPending);
  EXPECT_FALSE(services.status("Hangs")->marked_for_deletion);
  services.remove("Hangs");
  EXPECT_TRUE(services.status("Hangs")->marked_for_deletion);
  EXPECT_FALSE(given_up(services, "Hangs")) << "marked, and stopped";
}

TEST(WindowsManagerCall, An_error_that_comes_late_is_the_exit_code) {
  machine::windows::interfaces::WindowsServices services(std::chrono::milliseconds(50));
  services.create("NeverComes", program_that_hangs("never comes"));
  services.start("NeverComes");
  const auto status = given_up(services, "NeverComes");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->exit_code, DWORD{ERROR_SERVICE_REQUEST_TIMEOUT});
  services.remove("NeverComes");
}

TEST(WindowsProcess, Gets_its_words_and_nothing_on_its_input) {
  Scratch scratch;
  const std::int64_t deadline = scratch.machine.system().monotonic_ms() + 60'000;
  const std::vector<std::string> exits{"exit", "1603"};
  EXPECT_EQ(scratch.machine.processes().run(child(), exits, deadline), 1603U);
  const std::vector<std::string> words{
      "arguments", scratch.path("words"), "two words", "", "a\"b\\", "\xc3\xa9"};
  EXPECT_EQ(scratch.machine.processes().run(child(), words, deadline), 0U);
  EXPECT_EQ(scratch.machine.files().read(scratch.path("words"), kMaxBytes),
            "two words||a\"b\\|\xc3\xa9|");
}

TEST(WindowsProcess, That_hangs_is_ended_at_its_deadline) {
  Scratch scratch;
  const std::vector<std::string> words{"hang"};
  try {
    scratch.machine.processes().run(child(), words, scratch.machine.system().monotonic_ms() + 500);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kOutOfTime);
    EXPECT_EQ(failure.system()->code, 258);
  }
}

TEST(WindowsProcess, What_it_has_started_ends_with_it) {
  Scratch scratch;
  const std::vector<std::string> words{"leave", scratch.path("id")};
  EXPECT_EQ(scratch.machine.processes().run(child(), words,
                                            scratch.machine.system().monotonic_ms() + 60'000),
            0U);
  const std::string id = scratch.machine.files().read(scratch.path("id"), kMaxBytes);
  const auto process_id = static_cast<std::uint32_t>(std::stoul(id));
  bool alive = true;
  for (int i = 0; i < 100 && alive; ++i) {
    alive = scratch.machine.services().process_alive(process_id);
    if (alive) scratch.machine.system().wait_ms(50);
  }
  EXPECT_FALSE(alive);
  EXPECT_TRUE(
      scratch.machine.services().process_alive(static_cast<std::uint32_t>(machine::process_id())));
}

TEST(WindowsLock, Is_held_by_one_who_can_be_named) {
  Scratch scratch;
  const std::string path = scratch.path("lock");
  auto lock = journal::Lock::acquire(path, "1234 enable", std::chrono::milliseconds(0));
  try {
    journal::Lock::acquire(path, "5678 install", std::chrono::milliseconds(50));
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kBusy);
    EXPECT_NE(failure.message().find("1234 enable"), std::string::npos) << failure.message();
  }
  lock.reset();
  EXPECT_TRUE(journal::Lock::acquire(path, "5678 install", std::chrono::milliseconds(0)));
  EXPECT_THROW(journal::Lock::acquire(scratch.path("no\\lock"), "", std::chrono::milliseconds(0)),
               Failure);
}

}  // namespace
