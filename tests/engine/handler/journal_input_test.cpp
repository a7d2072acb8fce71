// A journal that is not what it should be: refused with the machine as it was, or set aside and the
// machine taken over by inspecting it.
#include <SQLiteCpp/SQLiteCpp.h>

#include "engine/commands/commands.h"
#include "journal/journal.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

class JournalInput : public Bench {
 protected:
  // An open transaction whose one step is of a kind that this program does not know.
  void begin_of_a_newer_program() const;
  void SetUp() override { enabled(); }

  // enable finds the machine as it should be, whatever happened to the journal, and knows it again.
  void known_again(bool set_aside) const {
    const std::string before = vm_.snapshot();
    const auto proxy = process("GuestProxyAgent");
    const handler::Reply reply = must(commands::Command::kEnable);
    EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
    EXPECT_EQ(process("GuestProxyAgent"), proxy);
    EXPECT_EQ(meta("settled_version"), "1.0.0");
    EXPECT_EQ(journals_set_aside(), set_aside ? 1 : 0);
    if (set_aside) {
      EXPECT_THAT(text(reply), testing::HasSubstr("The journal was damaged"));
    }
  }
  void taken_over(bool set_aside) const {
    known_again(set_aside);
    must(commands::Command::kUninstall);
    EXPECT_EQ(state("EbpfCore"), "");
    EXPECT_FALSE(has(""));
  }
};

TEST_F(JournalInput, Garbage_is_set_aside_and_the_machine_taken_over) {
  lab::write_file(vm_.journal_path(), std::string(9000, 'x'));
  taken_over(true);
}

TEST_F(JournalInput, A_truncated_one_is_set_aside_and_the_machine_taken_over) {
  fs::resize_file(vm_.journal_path(), 5000);
  taken_over(true);
}

// F-27: SQLite opens a file of a higher write version read-only.
TEST_F(JournalInput, A_flipped_bit_of_the_header_is_damage) {
  std::string bytes = lab::read_file(vm_.journal_path());
  bytes[18] = static_cast<char>(bytes[18] ^ 0x40);
  lab::write_file(vm_.journal_path(), bytes);
  taken_over(true);
}

TEST_F(JournalInput, An_empty_file_is_a_new_journal_and_the_machine_taken_over) {
  lab::write_file(vm_.journal_path(), "");
  taken_over(false);
}

// F-42, F-44: the file alone is gone, and what disable stopped is down.
TEST_F(JournalInput, A_missing_one_beside_its_reserve_is_a_lost_one) {
  must(commands::Command::kDisable);
  fs::remove(vm_.journal_path());
  EXPECT_THAT(text(must(commands::Command::kUninstall)),
              testing::HasSubstr("The journal was missing"));
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
}

// Nothing tells that there was one: what is there may be the platform's, and stays.
TEST_F(JournalInput, One_that_is_lost_with_its_folder_is_a_new_one_and_what_is_there_is_adopted) {
  fs::remove_all(data(""));
  known_again(false);
  EXPECT_THAT(text(must(commands::Command::kUninstall)),
              testing::HasSubstr("was there before the extension"));
  expect_all_running();
}

TEST_F(JournalInput, A_folder_in_its_place_is_set_aside_and_the_machine_taken_over) {
  fs::remove(vm_.journal_path());
  fs::create_directories(vm_.journal_path() / "x");
  taken_over(true);
}

// F-47: the folder is SYSTEM's own, and nobody means anything by the attribute.
TEST_F(JournalInput, A_read_only_attribute_is_taken_away_and_said) {
  for (commands::Command command : {commands::Command::kDisable, commands::Command::kEnable,
                                    commands::Command::kInstall, commands::Command::kUninstall}) {
    fs::permissions(vm_.journal_path(), fs::perms::owner_read);
    EXPECT_THAT(text(must(command)), testing::HasSubstr("was read-only; the attribute was"));
  }
  EXPECT_EQ(state("EbpfCore"), "");
}

TEST_F(JournalInput, Without_a_journal_the_status_and_the_log_still_say_why) {
  fs::permissions(data(""), fs::perms::owner_read | fs::perms::owner_exec);
  vm_.run(commands::Command::kEnable, package_, nullptr, "7");
  const auto status = package_.status(7)[0]["status"];
  EXPECT_EQ(status["status"], "error");
  EXPECT_EQ(status["code"], 1103);
  EXPECT_THAT(status["formattedMessage"]["message"].get<std::string>(),
              testing::HasSubstr("EbpfForWindows"));
  EXPECT_THAT(package_.log(), testing::HasSubstr("no journal: enable: "));
}

TEST_F(JournalInput, One_of_a_newer_version_is_refused_unwritten) {
  SQLite::Database(vm_.journal_path().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA trusted_schema = ON; UPDATE meta SET value = '99' WHERE key = 'min_program'");
  const std::string before = lab::read_file(vm_.journal_path());
  for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable,
                                    commands::Command::kDisable, commands::Command::kUninstall})
    refuses(command, ExitCode::kJournalTooNew, "journal.db");
  EXPECT_EQ(lab::read_file(vm_.journal_path()), before);
}

void JournalInput::begin_of_a_newer_program() const {
  journal::OpenOptions options;
  options.path = vm_.journal_path().string();
  options.program_version = "9.0.0.1";
  options.utc_ms = [] { return std::int64_t{1'795'000'000'000}; };
  const auto journal = journal::Journal::open(options);
  journal::Commit commit(*journal);
  journal::Transaction transaction;
  transaction.operation_id = commit.open_operation({.kind = "enable"});
  transaction.command = "enable";
  transaction.program_version = options.program_version;
  transaction.machine_id = "m";
  transaction.boot_id = "b";
  transaction.process_id = 1;
  const auto id = commit.begin_transaction(transaction);
  journal::Step step;
  step.position = 1;
  step.kind = "paint-walls";
  step.target = "EbpfCore";
  step.sentence = "Paint the walls";
  step.parameters = nlohmann::json::object();
  commit.add_step(id, step);
  commit.step_armed(id, 1, nlohmann::json::object());
  commit.finish();
}

TEST_F(JournalInput, A_step_of_an_unknown_kind_is_refused_and_nothing_touched) {
  begin_of_a_newer_program();
  for (commands::Command command :
       {commands::Command::kEnable, commands::Command::kUninstall, commands::Command::kRecover})
    refuses(command, ExitCode::kJournalTooNew, "paint-walls");
}

}  // namespace
}  // namespace engine
