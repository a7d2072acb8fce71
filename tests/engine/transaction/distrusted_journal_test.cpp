// A journal that SQLite reads and by which nothing may be done: a row is not what was written, or
// the file is older than the machine. It is set aside, and the machine is taken over.
#include <SQLiteCpp/SQLiteCpp.h>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Distrusted : public Update {
 protected:
  // One update of the newest transaction's rows that the schema would refuse.
  void damage(const std::string& sql) const {
    SQLite::Database database(vm_.journal_path().string(), SQLite::OPEN_READWRITE);
    database.exec("PRAGMA trusted_schema = ON");
    for (const char* trigger :
         {"step_images_are_fixed", "step_plan_is_fixed", "txn_installation_change_is_fixed"})
      database.exec(std::string("DROP TRIGGER ") + trigger);
    database.exec(sql);
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
  SQLite::Database(vm_.journal_path().string(), SQLite::OPEN_READWRITE)
      .exec(
          "PRAGMA trusted_schema = ON; DROP TRIGGER step_sums_are_fixed;"
          " DROP TRIGGER step_images_are_fixed;"
          " UPDATE step SET plan_sum = NULL, before_sum = NULL, after_sum = NULL;"
          " UPDATE step SET before_image = '{\"state\": 7}'"
          " WHERE txn_id = (SELECT max(id) FROM txn) AND before_image IS NOT NULL");
  EXPECT_THAT(text(must(commands::Command::kEnable)), HasSubstr("has a damaged row"));
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
