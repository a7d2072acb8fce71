// `journal export --html`: one page that says what somebody at night wants to see first, whatever
// the journal holds.
#include "engine/support/html_report.h"

#include <cstddef>
#include <set>
#include <sstream>

#include "actions/machine/sha256.h"
#include "engine/commands/commands.h"
#include "engine/support/explain.h"
#include "engine/support/html/text.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/support/html_check.h"
#include "tests/lab/past_triggers.h"

namespace engine {
namespace {

using support::html::escaped;
using testing::HasSubstr;
using testing::Not;

std::string page_of(const lab::Vm& vm, const support::HtmlOptions& options = {}) {
  const journal::Reader reader(vm.journal_path().string());
  std::ostringstream page;
  support::write_html(reader, options, page);
  return page.str();
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

void change(const lab::Vm& vm, const std::string& sql) {
  lab::change_past_triggers(vm.journal_path().string(), sql);
}

class HtmlReport : public Bench {
 protected:
  void a_failing_enable() const {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver);
  }
};
class HtmlReportOfAnUpdate : public Update {};

TEST_F(HtmlReport, Begins_with_the_last_failure_as_explain_tells_it) {
  a_failing_enable();
  const std::string page = page_of(vm_);
  const std::size_t operations = page.find("<table class=\"operations\">");
  ASSERT_NE(operations, std::string::npos);
  const std::string first = page.substr(0, operations);
  EXPECT_THAT(first, HasSubstr("Could not start service NetEbpfExt"));
  EXPECT_THAT(first, HasSubstr("enable 1.0.0, undone, exit code 1013"));
  EXPECT_THAT(first, HasSubstr("StartService gave 577 (ERROR_INVALID_IMAGE_HASH)"));
  EXPECT_THAT(first, HasSubstr("refuses the driver&#39;s signature"));
  EXPECT_THAT(first, HasSubstr("sc.exe qc &quot;NetEbpfExt&quot;"));
  const journal::Reader reader(vm_.journal_path().string());
  for (const auto& row : support::explained(support::explanation_of(reader, std::nullopt))) {
    if (row.label == "The machine") continue;  // it has a table there
    std::istringstream lines(row.text);
    for (std::string line; std::getline(lines, line);)
      EXPECT_THAT(first, HasSubstr(escaped(line))) << row.label;
  }
}

TEST_F(HtmlReport, Shows_each_step_with_its_state_its_error_and_what_it_changed) {
  a_failing_enable();
  const std::string page = page_of(vm_);
  const std::string rows = page.substr(page.find("<table class=\"operations\">"));
  EXPECT_THAT(rows, HasSubstr("failed, undone"));
  EXPECT_THAT(rows, HasSubstr("<b>Failed:</b> Could not start service NetEbpfExt"));
  EXPECT_THAT(rows, HasSubstr("not begun"));
  // EbpfCore was started, and stopped again. A driver has no process.
  EXPECT_THAT(rows, HasSubstr("Start EbpfCore <small>start-service</small>"));
  EXPECT_THAT(rows, HasSubstr("before   state: stopped"));
  EXPECT_THAT(rows, HasSubstr("same     process_id: 0"));
}

TEST_F(HtmlReport, Of_a_machine_on_which_nothing_failed_says_so) {
  enabled();
  const std::string page = page_of(vm_);
  EXPECT_THAT(page, HasSubstr("Nothing failed in the commands that are shown."));
  EXPECT_THAT(page, HasSubstr("<p class=\"headline\">eBPF 1.0.0</p>"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"operation failed\"")));
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
}

TEST_F(HtmlReport, Of_a_journal_without_a_command_says_so) {
  must(commands::Command::kInstall);
  change(vm_, "DELETE FROM event; DELETE FROM step; DELETE FROM txn; DELETE FROM operation");
  const std::string page = page_of(vm_);
  EXPECT_THAT(page, HasSubstr("No command has run."));
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
}

TEST_F(HtmlReport, What_belongs_to_no_transaction_is_below_the_operations) {
  must(commands::Command::kInstall);
  EXPECT_THAT(page_of(vm_), Not(HasSubstr("Of no transaction")));
  change(vm_,
         "INSERT INTO event (at, level, text) VALUES ('2026-11-22T10:18:00.123Z', 'warning', "
         "'This machine is a clone')");
  const std::string page = page_of(vm_);
  EXPECT_LT(page.find("</table>\n"), page.find("Of no transaction"));
  EXPECT_THAT(page, HasSubstr("<b>warning</b> This machine is a clone"));
}

TEST_F(HtmlReport, What_works_again_after_a_failure_is_said_beside_it) {
  a_failing_enable();
  vm_.set("service:NetEbpfExt", {"clear"});
  must(commands::Command::kEnable);
  EXPECT_THAT(page_of(vm_), HasSubstr("Since then: 1 operation that did not fail, enable 1.0.0"));
}

TEST_F(HtmlReportOfAnUpdate, Is_one_operation_with_all_its_commands_and_the_disable_before) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const std::string page = page_of(vm_);
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_EQ(count_of(page, "<tbody id="), 3U);  // install, enable, and the update
  EXPECT_THAT(page, HasSubstr("update 1.0.0 → 1.1.0"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n wide\">3–7</td>"));
  EXPECT_THAT(page, HasSubstr("class=\"operation failed\""));
  // eBPF was down from the disable to its undo: a band over the whole, and over each command.
  EXPECT_THAT(page, HasSubstr("class=\"down\""));
}

// Its own style and script, by what they are, and nothing else.
TEST_F(HtmlReport, Allows_nothing_but_its_own_style_and_script) {
  must(commands::Command::kInstall);
  const std::string page = page_of(vm_);
  EXPECT_THAT(page, HasSubstr("content=\"default-src 'none'; style-src 'sha256-"));
  for (const std::string name : {"style", "script"}) {
    EXPECT_EQ(count_of(page, "<" + name), 1U);
    const std::size_t begin = page.find("<" + name + ">") + name.size() + 2;
    const std::string content = page.substr(begin, page.find("</" + name + ">") - begin);
    const std::string policy = name + "-src 'sha256-";
    const std::string digest = page.substr(page.find(policy) + policy.size(), 44);
    constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bits;
    for (const char letter : digest.substr(0, 43)) {
      for (int bit = 5; bit >= 0; --bit)
        bits += (kLetters.find(letter) >> static_cast<unsigned>(bit) & 1U) != 0 ? '1' : '0';
    }
    std::string hex;
    for (std::size_t i = 0; i + 4 <= 256; i += 4)
      hex += "0123456789abcdef"[std::stoul(bits.substr(i, 4), nullptr, 2)];
    EXPECT_EQ(hex, machine::sha256_of(content)) << name;
    EXPECT_EQ(digest.back(), '=');
  }
  for (const char* foreign : {"http:", "https:", "@import", "url(", " src=", " style="})
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
}

constexpr const char* kHostile =
    "</script><script>alert(1)</script><!--\"'' onload=x & <b>\xE2\x80\xAE\xE2\x80\xA8\x1B[31m";

TEST_F(HtmlReport, A_hostile_journal_is_shown_and_not_obeyed) {
  a_failing_enable();
  const std::string hostile = "'" + std::string(kHostile) + "'";
  const std::string values = "json_object(" + hostile + ", " + hostile + ", 'name', json_array(" +
                             hostile + "), 'files', json_array(json_object('path', " + hostile +
                             ", 'x', " + hostile + ")))";
  const std::string failure = "json_object('code', 1013, 'object', " + hostile + ", 'tried', " +
                              hostile + ", 'advice', " + hostile + ", 'context', json_array(" +
                              hostile + "), 'system', json_object('api', " + hostile +
                              ", 'code', 577, 'text', " + hostile + "))";
  for (const char* column :
       {"command", "program_version", "payload_version", "machine_id", "boot_id"})
    change(vm_, "UPDATE txn SET " + std::string(column) + " = " + hostile);
  for (const char* column : {"kind", "target", "sentence", "armed_at"})
    change(vm_, "UPDATE step SET " + std::string(column) + " = " + hostile);
  for (const char* column : {"parameters", "before_image", "after_image"})
    change(vm_, "UPDATE step SET " + std::string(column) + " = " + values);
  change(vm_, "UPDATE step SET foreign_objects = json_array(" + hostile + "), error = " + failure +
                  ", undo_error = " + failure);
  change(vm_, "UPDATE txn SET started_at = " + hostile + ", cause = " + failure +
                  ", undo_failure = " + failure + ", result = json_array(json_object('name', " +
                  hostile + ", 'status', " + hostile + ", 'message', " + hostile + "), 3)");
  change(vm_, "UPDATE event SET text = " + hostile + ", at = " + hostile);
  change(vm_, "UPDATE operation SET kind = 'update', from_version = " + hostile +
                  ", to_version = " + hostile + ", failed_command = " + hostile);
  const std::string page = page_of(vm_, {.warnings = {kHostile}});
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_EQ(count_of(page, "<script"), 1U);
  EXPECT_THAT(page, Not(HasSubstr("<!--")));
  for (const char* obeyed : {"\xE2\x80\xAE", "\xE2\x80\xA8", "\x1B"})
    EXPECT_THAT(page, Not(HasSubstr(obeyed)));
  EXPECT_GE(count_of(page, "&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--"), 20U);
  EXPECT_THAT(page, HasSubstr(R"(\u202e\u2028\u001b[31m)"));
}

// Above and below the operations: the failure's lists, the machine, what belongs to no transaction.
TEST_F(HtmlReport, Long_lists_and_texts_stay_within_the_room) {
  a_failing_enable();
  change(vm_,
         "UPDATE step SET undo_error = (SELECT cause FROM txn WHERE id = 2), state = "
         "'undo-failed', foreign_objects = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
         "i + 1 FROM n WHERE i < 500) SELECT json_group_array('object ' || i || "
         "printf('%.*c', 500, 'x')) FROM n) WHERE txn_id = 2");
  change(vm_,
         "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
         "INSERT INTO event (at, level, text) SELECT '2026-11-22T10:18:00.123Z', 'warning', "
         "i || printf('%.*c', 3000, '<') FROM n");
  constexpr std::size_t kRoom = 100'000;
  const std::string page = page_of(vm_, {.last = 500, .max_bytes = kRoom, .warnings = {}});
  EXPECT_LE(page.size(), kRoom);
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_THAT(page, HasSubstr("object 1x"));
  EXPECT_THAT(page, HasSubstr("older ones</li>"));
  EXPECT_THAT(page, HasSubstr("<b>warning</b> 200&lt;"));
}

class ManyTransactions : public HtmlReport {
 protected:
  // The failing enable, so often again.
  void SetUp() override {
    a_failing_enable();
    std::string sql =
        "CREATE TEMP TABLE t AS SELECT * FROM txn WHERE id = 2;"
        "CREATE TEMP TABLE s AS SELECT * FROM step WHERE txn_id = 2;"
        "UPDATE t SET operation_id = NULL;";
    for (int id = 3; id <= kAll; ++id) {
      const std::string number = std::to_string(id);
      sql += "UPDATE t SET id = " + number + "; INSERT INTO txn SELECT * FROM t;" +
             "UPDATE s SET txn_id = " + number + "; INSERT INTO step SELECT * FROM s;";
    }
    change(vm_, "BEGIN;" + sql + "COMMIT");
  }
  static constexpr int kAll = 600;
};

TEST_F(ManyTransactions, Five_hundred_failures_are_one_page_under_two_megabytes) {
  const std::string page = page_of(vm_);
  EXPECT_LE(page.size(), 2'000'000U);
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_EQ(count_of(page, "<tbody id="), 500U) << "each has its line";
  EXPECT_THAT(page, HasSubstr("The page has no room for more: "));
  EXPECT_THAT(page, Not(HasSubstr("left out")));
}

TEST_F(ManyTransactions, Where_the_room_is_small_the_newest_are_whole_and_the_rest_is_said) {
  constexpr std::size_t kRoom = 100'000;
  const std::string page = page_of(vm_, {.last = 500, .max_bytes = kRoom, .warnings = {}});
  EXPECT_LE(page.size(), kRoom);
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_THAT(page, HasSubstr("older ones are left out"));
  EXPECT_LT(page.find("id=\"t600\""), page.find("id=\"t599\""));
  EXPECT_THAT(page, Not(HasSubstr("id=\"t101\"")));
}

TEST_F(ManyTransactions, The_newest_so_many_are_asked_for) {
  const std::string page = page_of(vm_, {.last = 7, .warnings = {}});
  EXPECT_EQ(count_of(page, "<tbody id="), 7U);
  EXPECT_THAT(page, HasSubstr("7 transactions, 594 to 600"));
}

}  // namespace
}  // namespace engine
