// `doctor`: what it says is to be done, where a wrong word would do harm: whose eBPF it is, a cause
// that is not mended, a shell that reads otherwise, a journal that is not damaged.
#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engine/commands/commands.h"
#include "engine/handler/doctor_journal.h"
#include "engine/support/system_codes.h"
#include "errors/failure.h"
#include "journal/lock.h"
#include "package/handler_manifest.h"
#include "tests/engine/support/doctor_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using errors::Failure;
using lab::doctor;
using support::Checked;
using support::Checkup;
using support::command_line;
using support::Mark;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kJournal = R"(C:\ProgramData\EbpfForWindows\journal.db)";

// An unpacked copy of the package, as support brings it to a VM.
class DoctorOfACopy : public Doctor {
 protected:
  void SetUp() override {
    enabled();
    fs::remove(copy_.file("HandlerEnvironment.json"));
    vm_.remove(std::string(kInstalled) + R"(\ebpfapi.dll)");
  }
  std::string program_of_vm_agent() const {
    return package_.file(std::string(package::kHandlerProgram)).string();
  }
  lab::Package copy_{folder_.path() / "unpacked", "1.0.0"};
};

TEST_F(DoctorOfACopy, Advises_the_enable_of_the_VM_Agents_package_and_no_setup) {
  lab::write_file(program_of_vm_agent(), "the program");
  const Checked missing = on(doctor(vm_, copy_), "ebpfapi.dll");
  EXPECT_THAT(missing.advice.commands, ElementsAre(program_of_vm_agent() + " enable"));
}

// A setup install would make eBPF stay when the VM Agent uninstalls the extension.
TEST_F(DoctorOfACopy, Advises_no_setup_for_what_the_VM_Agent_wants) {
  const Checked missing = on(doctor(vm_, copy_), "ebpfapi.dll");
  EXPECT_THAT(missing.advice.commands, IsEmpty());
  EXPECT_THAT(missing.advice.words, HasSubstr("Deploy the extension's version 1.0.0 again"));
}

// The driver is refused at each start, until somebody mends that.
class DoctorBehindAFailedEnable : public Doctor {
 protected:
  void SetUp() override {
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    must(Command::kInstall);
    fails(Command::kEnable, ExitCode::kStartDriver);
  }
};

TEST_F(DoctorBehindAFailedEnable, A_driver_that_did_not_start_is_trouble_with_its_code) {
  const Checkup seen = checkup();
  const Checked driver = on(seen, "NetEbpfExt");
  EXPECT_EQ(driver.mark, Mark::kTrouble) << checkup_text(seen);
  EXPECT_THAT(driver.text, HasSubstr("stopped, ended with 577 (ERROR_INVALID_IMAGE_HASH)"));
  EXPECT_THAT(driver.text, Not(HasSubstr("no enable has started it yet")));
  EXPECT_THAT(driver.advice.words, HasSubstr("refuses the driver's signature"));
  ASSERT_THAT(driver.advice.commands, Not(IsEmpty()));
  EXPECT_EQ(driver.advice.commands.back(), package_.program() + " enable");
  // These two are as the undo left them.
  EXPECT_EQ(on(seen, "EbpfCore").mark, Mark::kOk) << checkup_text(seen);
  EXPECT_EQ(on(seen, "eBPFSvc").mark, Mark::kOk) << checkup_text(seen);
}

TEST_F(DoctorBehindAFailedEnable, The_cause_is_looked_up_before_another_enable) {
  const Checked last = on(checkup(), "the last command");
  EXPECT_EQ(last.mark, Mark::kTrouble);
  EXPECT_THAT(last.advice.words, HasSubstr("Look up why the last enable failed, and mend that"));
  EXPECT_THAT(last.advice.words, Not(HasSubstr("An enable mends it")));
  EXPECT_THAT(last.advice.commands, ElementsAre(package_.program() + " journal explain 2",
                                                package_.program() + " enable"));
}

TEST_F(DoctorBehindAFailedEnable, What_depends_on_the_driver_is_started_behind_it) {
  const Checkup seen = checkup();
  const Checked proxy = on(seen, "GuestProxyAgent");
  EXPECT_EQ(proxy.mark, Mark::kTrouble) << checkup_text(seen);
  EXPECT_THAT(proxy.advice.words,
              HasSubstr("NetEbpfExt, on which it depends, is stopped, ended with 577"));
  EXPECT_THAT(proxy.advice.words, HasSubstr("mend that first"));
}

TEST_F(DoctorBehindAFailedEnable, Its_advice_cures_once_the_cause_is_mended) {
  vm_.set("service:NetEbpfExt", {"clear"});
  expect_cured();
  expect_all_running();
}

// An enable that was killed fails at no step: the next one may well succeed.
TEST_F(Doctor, Behind_an_enable_that_was_killed_another_one_mends) {
  must(Command::kInstall);
  killed(Command::kEnable, "services.start#2:kill-after");
  vm_.run(Command::kRecover, package_);
  EXPECT_THAT(on(checkup(), "the last command").advice.words, HasSubstr("An enable mends it:"));
}

TEST(DoctorCommands, A_program_is_called_so_that_both_shells_read_it_alike) {
  EXPECT_EQ(command_line(R"(C:\Packages\Plugins\A.B-c\1.0.0.1\x.exe)", "enable"),
            R"(C:\Packages\Plugins\A.B-c\1.0.0.1\x.exe enable)");
  EXPECT_EQ(
      command_line(R"(C:\Program Files (x86)\x.exe)", R"(journal --journal "C:\a b" list)"),
      R"(powershell -Command "& 'C:\Program Files (x86)\x.exe' journal --journal 'C:\a b' list")");
  for (const char* hostile : {R"(C:\%TEMP%\x.exe)", R"(C:\a & b\x.exe)", R"(C:\it's\x.exe)",
                              R"(C:\$env:x\x.exe)", "C:\\a b\n.exe", "C:\\\xe2\x80\x99 x.exe", ""})
    EXPECT_EQ(command_line(hostile, "enable"), "") << hostile;
}

// `dir` is another command in PowerShell, which has no /s.
TEST_F(Doctor, Folders_are_listed_by_a_command_that_both_shells_have) {
  enabled();
  vm_.put(std::string(kInstalled) + R"(\notes.txt)", "of somebody");
  const Checkup seen = checkup();
  const auto note = std::ranges::find(seen.all(), Mark::kNote, &Checked::mark);
  ASSERT_NE(note, seen.all().end()) << checkup_text(seen);
  EXPECT_THAT(note->advice.commands,
              ElementsAre(std::string("cmd /c dir /s /a \"") + kInstalled + "\""));
  EXPECT_THAT(support::commands_to_look(support::LookAt::kProtection, R"(C:\a b\c.dll)"),
              HasSubstr("\ncmd /c dir \"C:\\a b\\c.dll\""));
}

// tasklist /m knows the modules of programs, and no open file.
TEST(DoctorCommands, What_holds_a_file_is_told_with_what_the_command_does_not_show) {
  Checkup checkup;
  support::Area(checkup, "files")
      .unknown("a.dll", Failure(ExitCode::kInUse, R"(C:\a\a.dll)", "read the file",
                                {"CreateFile", 32, "The process cannot access the file."}));
  EXPECT_THAT(on(checkup, "a.dll").advice.words, HasSubstr("and not who has it open"));
  EXPECT_THAT(on(checkup, "a.dll").advice.commands, ElementsAre("tasklist /m \"a.dll\""));
}

// The next command would go on with it.
TEST_F(Doctor, A_journal_that_a_writer_keeps_from_being_read_is_no_damaged_one) {
  enabled();
  const std::string path = data("journal.db").string();
  for (const char* tried :
       {"copy the journal while it is being written",
        "read the journal: a query read more than 268435456 bytes for one question"}) {
    EXPECT_FALSE(handler::is_set_aside(path, {ExitCode::kJournalUnusable, path, tried})) << tried;
  }
  EXPECT_FALSE(handler::is_set_aside(
      path,
      {ExitCode::kJournalUnusable, path, "read the journal", {"sqlite3_step", 9, "interrupted"}}));
  EXPECT_TRUE(handler::is_set_aside(
      path,
      {ExitCode::kJournalUnusable, path, "read the journal", {"sqlite3_step", 11, "malformed"}}));
  lab::write_file(path, std::string(5000, 'x'));
  const auto running =
      journal::Lock::acquire(data("lock").string(), "4711 enable", std::chrono::milliseconds(0));
  const Checked unread = on(checkup(), kJournal);
  EXPECT_EQ(unread.mark, Mark::kUnknown);
  EXPECT_THAT(unread.advice.words, Not(HasSubstr("sets it aside")));
}

// A full disk is when doctor is asked.
TEST_F(Doctor, Without_room_for_a_copy_the_journal_itself_is_read) {
  enabled();
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("TMPDIR", (folder_.path() / "nothing").c_str(), 1);
  const Checkup seen = checkup();
  if (before == nullptr) {
    ::unsetenv("TMPDIR");
  } else {
    ::setenv("TMPDIR", kept.c_str(), 1);
  }
  expect_well(seen);
}

TEST_F(Doctor, A_database_of_another_program_in_the_journals_place_is_set_aside_as_told) {
  enabled();
  fs::remove(data("journal.db"));
  SQLite::Database(data("journal.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("PRAGMA application_id = 7; CREATE TABLE a (b)");
  EXPECT_EQ(on(checkup(), kJournal).mark, Mark::kTrouble);
  EXPECT_THAT(on(checkup(), kJournal).advice.words, HasSubstr("The next command sets it aside"));
  must(Command::kEnable);
  EXPECT_EQ(journals_set_aside(), 1);
}

TEST_F(Doctor, An_empty_journal_is_made_anew_as_told) {
  enabled();
  lab::write_file(data("journal.db"), "");
  const Checked empty = on(checkup(), kJournal);
  EXPECT_EQ(empty.mark, Mark::kTrouble);
  EXPECT_THAT(empty.advice.words, HasSubstr("The next command makes it anew"));
  must(Command::kEnable);
  EXPECT_EQ(journals_set_aside(), 0);
  const Checkup after = checkup();
  EXPECT_TRUE(after.is_well()) << checkup_text(after);
}

}  // namespace
}  // namespace engine
