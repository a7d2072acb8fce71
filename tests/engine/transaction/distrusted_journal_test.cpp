// A journal that SQLite reads and by which nothing may be done: a row is not what was written, or
// the file is older than the machine. It is set aside, and the machine is taken over.
#include <SQLiteCpp/SQLiteCpp.h>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/lab/past_triggers.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Distrusted : public Update {
 protected:
  void damage(const std::string& sql) const {
    lab::change_past_triggers(vm_.journal_path().string(), sql);
  }
  // The state folder as a backup tool keeps it and puts it back: the bytes under new file ids.
  void back_up() const { fs::copy(data(""), copy(), fs::copy_options::recursive); }
  void put_back() const {
    fs::remove_all(data(""));
    fs::copy(copy(), data(""), fs::copy_options::recursive);
  }
  fs::path copy() const { return folder_.path() / "backup"; }
};

// Each text of an open transaction that its recovery would act on; the JSON stays JSON.
class DamagedRow : public Distrusted, public testing::WithParamInterface<const char*> {};

TEST_P(DamagedRow, Of_an_open_transaction_the_machine_is_taken_over) {
  must(commands::Command::kDisable);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  damage(GetParam());
  const handler::Reply reply = must(commands::Command::kEnable);
  EXPECT_THAT(text(reply), HasSubstr("has a damaged row"));
  EXPECT_EQ(journals_set_aside(), 1);
  expect_running("1.0.0");
  must(commands::Command::kUninstall);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(has(""));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, DamagedRow,
    testing::Values("UPDATE step SET before_image = replace(before_image, 'stopped', 'stoppee')"
                    " WHERE txn_id = (SELECT max(id) FROM txn) AND kind = 'start-service'",
                    "UPDATE step SET parameters = replace(parameters, 'EbpfCore', 'EbpfCorf')"
                    " WHERE txn_id = (SELECT max(id) FROM txn) AND kind = 'start-service'",
                    "UPDATE step SET target = 'EbpfCorf'"
                    " WHERE txn_id = (SELECT max(id) FROM txn) AND target = 'EbpfCore'",
                    "UPDATE step SET after_image = '{}'"
                    " WHERE txn_id = (SELECT max(id) FROM txn) AND after_image IS NOT NULL",
                    "UPDATE txn SET installation_change = '{\"put_meta\": 7}'"
                    " WHERE id = (SELECT max(id) FROM txn)"));

// A program of schema 1 or 2 wrote no check sums: the text itself has to be what the kind writes.
TEST_F(Distrusted, A_row_without_a_check_sum_that_no_kind_writes_is_damage_too) {
  must(commands::Command::kDisable);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  damage(
      "UPDATE step SET plan_sum = NULL, before_sum = NULL, after_sum = NULL;"
      " UPDATE step SET before_image = '{\"state\": 7}'"
      " WHERE txn_id = (SELECT max(id) FROM txn) AND before_image IS NOT NULL");
  EXPECT_THAT(text(must(commands::Command::kEnable)), HasSubstr("has a damaged row"));
  expect_running("1.0.0");
}

// A name of ours of which one letter has changed would keep each later command from its work.
TEST_F(Distrusted, A_fact_that_is_not_what_was_written_is_damage) {
  for (const char* sql :
       {"UPDATE owned SET name = replace(name, 'ebpfapi', 'ebpfapj') WHERE name LIKE "
        "'%ebpfapi.dll'",
        "UPDATE meta SET value = '1.0.8', sum = sum WHERE key = 'settled_version'"}) {
    damage(sql);
    EXPECT_THAT(text(must(commands::Command::kEnable)), HasSubstr("has a damaged row"));
    expect_running("1.0.0");
  }
  EXPECT_EQ(journals_set_aside(), 2);
}

TEST_F(Distrusted, A_damaged_trigger_is_a_damaged_schema) {
  SQLite::Database(vm_.journal_path().string(), SQLite::OPEN_READWRITE)
      .exec(
          "PRAGMA writable_schema = ON; UPDATE sqlite_master SET"
          " sql = replace(sql, 'OLD.work_folder', 'OLD.sork_folder') WHERE type = 'trigger'");
  EXPECT_THAT(text(must(commands::Command::kEnable)), HasSubstr("The journal was damaged"));
  expect_running("1.0.0");
}

TEST_F(Distrusted, Damage_of_a_row_that_nothing_is_done_by_is_no_matter) {
  must(commands::Command::kDisable);
  damage("UPDATE step SET before_image = '{\"state\": 7}' WHERE before_image IS NOT NULL");
  must(commands::Command::kEnable);
  EXPECT_EQ(journals_set_aside(), 0);
  expect_running("1.0.0");
}

TEST_F(Distrusted, Damage_of_a_step_that_never_began_stops_no_undo) {
  must(commands::Command::kDisable);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  damage(
      "UPDATE step SET parameters = '{}'"
      " WHERE txn_id = (SELECT max(id) FROM txn) AND state = 'planned'");
  must(commands::Command::kEnable);
  EXPECT_EQ(journals_set_aside(), 0);
  expect_running("1.0.0");
}

// What disable stopped of others is known on, though the journal is set aside.
TEST_F(Distrusted, Facts_about_others_outlive_a_damaged_row) {
  behind([](machine::Machine& m) {
    machine::ServiceConfig config;
    config.start = machine::StartType::kAutomatic;
    config.type = machine::ServiceType::kOwnProcess;
    config.image = R"("C:\Program Files\GuestProxyAgent\GuestProxyAgent.exe")";
    config.depends_on = {"NetEbpfExt"};
    m.services().create("AcmeFlow", config);
    m.services().start("AcmeFlow");
  });
  must(commands::Command::kDisable);
  ASSERT_EQ(state("AcmeFlow"), "stopped");
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  damage(
      "UPDATE step SET target = 'EbpfCorf'"
      " WHERE txn_id = (SELECT max(id) FROM txn) AND target = 'EbpfCore'");
  must(commands::Command::kEnable);
  EXPECT_EQ(journals_set_aside(), 1);
  EXPECT_EQ(state("AcmeFlow"), "running");
}

// F-46. The copy holds an update that was killed in the middle of its enable, and was finished.
class OldCopy : public Distrusted {
 protected:
  void SetUp() override {
    must(commands::Command::kInstall, oldest_);
    must(commands::Command::kEnable, oldest_);
    must(lab::UpdateSequence(oldest_, package_).before(commands::Command::kEnable));
    killed(commands::Command::kEnable, "services.start#2:kill-after", package_);
    back_up();
    must(commands::Command::kEnable, package_);
  }
  lab::Package oldest_ = package("0.21.0");
};

TEST_F(OldCopy, Over_the_version_that_its_update_brought_changes_nothing) {
  const std::string before = vm_.snapshot();
  put_back();
  const handler::Reply reply = must(commands::Command::kEnable);
  EXPECT_THAT(text(reply), HasSubstr("is older than the machine"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  expect_running("1.0.0");
}

TEST_F(OldCopy, Over_a_still_newer_version_changes_nothing_and_uninstall_removes_it) {
  must(lab::UpdateSequence(package_, fresh_).all());
  const std::string before = vm_.snapshot();
  put_back();
  must(commands::Command::kEnable, fresh_);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  put_back();
  must(commands::Command::kUninstall, fresh_);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_EQ(state("eBPFSvc"), "");
  EXPECT_FALSE(has(""));
}

}  // namespace
}  // namespace engine
