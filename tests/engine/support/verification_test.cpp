// `journal verify` and `journal rebuild`: whether a copy is sound, and what the VM Agent was told.
#include "engine/support/verification.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <fstream>

#include "actions/machine/host_files.h"
#include "actions/machine/machine.h"
#include "engine/commands/commands.h"
#include "engine/support/rebuild.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/transaction/recovery_bench.h"
#include "tests/lab/past_triggers.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using support::Check;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A copy of the journal with log and status beside it, as support has them.
class Copy {
 public:
  Copy(const lab::Vm& vm, const lab::Package& package, const fs::path& folder) : folder_(folder) {
    fs::create_directories(folder);
    for (const char* side : {"", "-wal"}) {
      const fs::path from = vm.journal_path().string() + side;
      if (fs::exists(from)) fs::copy_file(from, journal() + side);
    }
    for (const char* reports : {"log", "status"}) {
      for (const auto& entry : fs::directory_iterator(package.folder(reports)))
        fs::copy_file(entry.path(), folder / entry.path().filename());
    }
  }
  std::string journal() const { return (folder_ / "journal.db").string(); }
  fs::path file(const std::string& name) const { return folder_ / name; }

  std::vector<Check> checks() const {
    const journal::Reader reader(journal());
    return support::verify(reader, journal(), *machine::open_host_files(), folder_.string());
  }
  // The names of the checks that found something.
  std::vector<std::string> damaged() const {
    std::vector<std::string> names;
    for (const Check& check : checks()) {
      if (check.result == Check::Result::kDamaged) names.push_back(check.what);
    }
    return names;
  }

 private:
  fs::path folder_;
};

class Verify : public Recovering {
 protected:
  Copy copy() const {
    static int number = 0;
    return {vm_, package_, folder_.path() / ("copy" + std::to_string(++number))};
  }
  void expect_sound() const {
    const std::vector<Check> checks = copy().checks();
    EXPECT_TRUE(support::is_sound(checks)) << support::verification_text(checks);
    EXPECT_EQ(checks.size(), 7U);
  }
};

TEST_F(Verify, Every_journal_of_the_program_is_sound_with_its_log_and_status) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  expect_sound();
  vm_.set("service:NetEbpfExt", {"clear"});
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  expect_sound();
  must(commands::Command::kEnable);
  must(commands::Command::kDisable);
  expect_sound();
  killed(commands::Command::kUninstall, "services.remove#2:kill-after");
  expect_sound();
  must(commands::Command::kUninstall);
  expect_sound();
}

TEST_F(Verify, So_is_one_whose_undo_failed_and_was_given_up) {
  stuck();
  expect_sound();
  until_inconsistent();
  expect_sound();
  vm_.set("service:eBPFSvc", {"clear"});
  must(commands::Command::kEnable);
  expect_sound();
}

TEST_F(Verify, A_changed_value_is_found_by_its_check_sum) {
  enabled();
  const Copy changed = copy();
  lab::change_past_triggers(
      changed.journal(), "UPDATE step SET before_image = '{}' WHERE txn_id = 2 AND position = 1");
  EXPECT_THAT(changed.damaged(), ElementsAre("check sums"));
  const Copy meta = copy();
  lab::change_past_triggers(meta.journal(),
                            "UPDATE meta SET value = '9.9.9' WHERE key = 'settled_version'");
  EXPECT_THAT(meta.damaged(), ElementsAre("check sums"));
}

TEST_F(Verify, Rows_that_contradict_each_other_are_found) {
  enabled();
  const Copy changed = copy();
  lab::change_past_triggers(changed.journal(),
                            "UPDATE step SET state = 'armed' WHERE txn_id = 2 AND position = 2");
  EXPECT_THAT(changed.damaged(), ElementsAre("rows"));
  const Copy lost = copy();
  lab::change_past_triggers(lost.journal(), "DELETE FROM step WHERE txn_id = 2 AND position = 2");
  EXPECT_THAT(lost.damaged(), ElementsAre("rows"));
}

TEST_F(Verify, A_trigger_that_is_gone_is_found_in_the_schema) {
  enabled();
  const Copy changed = copy();
  SQLite::Database(changed.journal(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA trusted_schema = ON; DROP TRIGGER txn_transition");
  EXPECT_THAT(changed.damaged(), ElementsAre("schema"));
}

// An index that does not fit its table: no query need meet it.
TEST_F(Verify, What_SQLite_itself_finds_is_told) {
  enabled();
  const Copy changed = copy();
  {
    SQLite::Database database(changed.journal(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA trusted_schema = ON; PRAGMA writable_schema = ON");
    database.exec(
        "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name = "
        "'txn_operation') WHERE name = 'event_txn'");
  }
  EXPECT_THAT(changed.damaged(), testing::Contains("database"));
}

TEST_F(Verify, A_line_of_the_log_and_a_status_that_the_journal_does_not_give_are_found) {
  enabled();
  const Copy changed = copy();
  std::string log = lab::read_file(changed.file("ebpf_handler.log"));
  log.replace(log.find("committed"), 9, "destroyed");
  lab::write_file(changed.file("ebpf_handler.log"), log);
  std::string status = lab::read_file(changed.file("0.status"));
  status.replace(status.find("success"), 7, "failure");
  lab::write_file(changed.file("0.status"), status);
  EXPECT_THAT(changed.damaged(), ElementsAre("log", "status"));
  const std::string text = support::verification_text(changed.checks());
  EXPECT_THAT(text, HasSubstr("is another one in the log"));
  EXPECT_THAT(text, HasSubstr("0.status is not what the journal gives"));
}

// What a journal cannot give says nothing against it: a number that it does not hold (pruned, of a
// journal that was set aside, of a command without one), lines of before, line ends of Windows.
TEST_F(Verify, What_this_journal_does_not_hold_is_no_damage) {
  enabled();
  const Copy other = copy();
  const std::string status = lab::read_file(other.file("0.status"));
  lab::write_file(other.file("7.status"), status);
  std::string of_before = status;
  of_before.replace(of_before.find("\"timestampUTC\": \"2026"), 21, "\"timestampUTC\": \"2025");
  lab::write_file(other.file("0.status"), of_before);
  std::string log = lab::read_file(other.file("ebpf_handler.log"));
  for (std::size_t at = log.find('\n'); at != std::string::npos; at = log.find('\n', at + 2))
    log.insert(at, "\r");
  lab::write_file(other.file("ebpf_handler.log"),
                  "2025-01-01T00:00:00.000Z INFO  #1 t1 of another journal\r\n" + log);
  EXPECT_THAT(other.damaged(), IsEmpty()) << support::verification_text(other.checks());
  EXPECT_THAT(support::verification_text(other.checks()),
              HasSubstr("2 by commands that this journal does not hold"));
}

TEST_F(Verify, Without_log_and_status_they_are_said_to_be_not_checked) {
  enabled();
  const Copy alone = copy();
  fs::remove(alone.file("ebpf_handler.log"));
  fs::remove(alone.file("0.status"));
  EXPECT_THAT(alone.damaged(), IsEmpty());
  EXPECT_THAT(support::verification_text(alone.checks()),
              testing::ContainsRegex("log +not checked +there is no ebpf_handler.log"));
}

class Rebuild : public Update {
 protected:
  std::vector<std::string> rebuilt(const std::string& name) const {
    const journal::Reader reader(vm_.journal_path().string());
    return support::rebuild(reader, *machine::open_host_files(), (folder_.path() / name).string());
  }
  std::string file(const std::string& name) const { return lab::read_file(folder_.path() / name); }
};

TEST_F(Rebuild, Log_and_status_are_those_that_the_commands_wrote_byte_for_byte) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  vm_.run(commands::Command::kEnable, fresh_, nullptr, "3");
  EXPECT_THAT(rebuilt("out"), ElementsAre("ebpf_handler.log", "0.status", "3.status"));
  EXPECT_EQ(file("out/0.status"), lab::read_file(package_.folder("status") / "0.status"));
  EXPECT_EQ(file("out/3.status"), lab::read_file(fresh_.folder("status") / "3.status"));
  EXPECT_EQ(file("out/ebpf_handler.log"), fresh_.log()) << "a new folder gets all that there is";
}

TEST_F(Rebuild, Nothing_that_is_there_is_written_over) {
  rebuilt("out");
  const auto failure = errors::failure_in([&] { rebuilt("out"); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ExitCode::kUsage);
}

}  // namespace
}  // namespace engine
