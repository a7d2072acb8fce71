// What support collects without asking: a copy of what the journal tells, in the VM Agent's log
// folder, after what somebody may ask about.
#include "engine/support/support_copy.h"

#include <algorithm>
#include <sstream>

#include "actions/machine/host_files.h"
#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/setup_bench.h"
#include "tests/engine/support/html_check.h"
#include "tests/lab/past_triggers.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kName = "ebpf_handler_support_";

// The names in the log folder that begin as those of the copies do, sorted.
std::vector<std::string> copies(const lab::Package& package) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(package.folder("log"))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kName)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Json> lines_of(const fs::path& file) {
  std::istringstream text(lab::read_file(file));
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(Json::parse(line));
  return lines;
}

class SupportCopy : public Bench {
 protected:
  void installed_with_a_driver_that_does_not_start() const {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
  }
  // Each attempt is a new one.
  void failing_enables(int times) const {
    for (int i = 0; i < times; ++i) {
      behind([](machine::Machine& m) { m.system().wait_ms(1'000); });
      fails(commands::Command::kEnable, ExitCode::kStartDriver);
    }
  }
};
class SupportCopyOfAnUpdate : public Update {};
class SupportCopyOfSetup : public SetupBench {};

TEST_F(SupportCopy, Behind_a_failing_command_lie_the_page_and_the_lines_of_what_it_did) {
  installed_with_a_driver_that_does_not_start();
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const std::vector<std::string> names = copies(package_);
  ASSERT_THAT(names,
              ElementsAre(ContainsRegex("^ebpf_handler_support_[0-9]{8}T[0-9]{9}Z_t2.html$"),
                          ContainsRegex("^ebpf_handler_support_[0-9]{8}T[0-9]{9}Z_t2.ndjson$")));
  const std::string page = lab::read_file(package_.folder("log") / names[0]);
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_THAT(page, HasSubstr("enable 1.0.0, undone, exit code 1013"));
  EXPECT_THAT(page, HasSubstr("StartService gave 577"));

  const std::vector<Json> lines = lines_of(package_.folder("log") / names[1]);
  EXPECT_EQ(lines.front().at("record"), "journal");
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [](const Json& line) {
    return line.at("record") == "transaction";
  });
  ASSERT_NE(last, lines.rend());
  EXPECT_EQ(last->at("id"), 2);
  EXPECT_EQ(last->at("outcome"), "undone");
  EXPECT_EQ(last->at("cause").at("system").at("code"), 577);
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const Json& line) {
    return line.at("record") == "step" && line.at("transaction") == 2;
  }));
}

TEST_F(SupportCopy, Where_all_commits_nothing_is_copied) {
  enabled();
  must(commands::Command::kEnable);
  must(commands::Command::kDisable);
  EXPECT_THAT(copies(package_), IsEmpty());
}

TEST_F(SupportCopy, A_refusal_and_a_command_that_recovers_another_leave_one_too) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  EXPECT_THAT(copies(package_), IsEmpty());
  must(commands::Command::kEnable);
  EXPECT_THAT(copies(package_), ElementsAre(HasSubstr("_t3.html"), HasSubstr("_t3.ndjson")));
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  const lab::Package other = package("1.1.0");
  fails(commands::Command::kUpdate, ExitCode::kRefusedByPolicy, other);
  EXPECT_THAT(copies(other), ElementsAre(HasSubstr("_t4.html"), HasSubstr("_t4.ndjson")));
}

TEST_F(SupportCopyOfAnUpdate, Is_made_when_it_settles_and_not_before) {
  up_to(commands::Command::kEnable);
  EXPECT_THAT(copies(fresh_), IsEmpty());
  must(commands::Command::kEnable, fresh_);
  ASSERT_THAT(copies(fresh_), SizeIs(2));
  EXPECT_THAT(lab::read_file(fresh_.folder("log") / copies(fresh_)[0]),
              HasSubstr("update 1.0.0 → 1.1.0"));
  must(commands::Command::kEnable, fresh_);
  EXPECT_THAT(copies(fresh_), SizeIs(2)) << "an enable behind it is none of it";
}

TEST_F(SupportCopyOfAnUpdate, Is_made_when_it_is_undone) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  ASSERT_THAT(copies(fresh_), SizeIs(2));
  EXPECT_THAT(lab::read_file(fresh_.folder("log") / copies(fresh_)[1]),
              HasSubstr("\"record\":\"operation\""));
}

TEST_F(SupportCopyOfSetup, Lies_in_the_folder_of_its_log) {
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  setup(commands::Command::kSetupInstall, ExitCode::kStartDriver);
  EXPECT_THAT(copies(source_), SizeIs(2));
}

TEST_F(SupportCopy, Three_pairs_are_kept_and_nothing_of_others_is_touched) {
  installed_with_a_driver_that_does_not_start();
  const fs::path log = package_.folder("log");
  const std::vector<std::string> others{"ebpf_handler_support_notes.txt",
                                        "ebpf_handler_support_20200101T000000000Z_t1.html.bak",
                                        "ebpf_handler_support_20200101T000000000Z_t1.html.",
                                        "ebpf_handler_support_20200101T000000000Z_t.html",
                                        "ebpf_handler_support_.html",
                                        "x_ebpf_handler_support_20200101T000000000Z_t1.html"};
  for (const std::string& name : others)
    lab::write_file(log / name, "of others");
  // Of a process that was killed while it wrote.
  lab::write_file(log / "ebpf_handler_support_20200101T000000000Z_t1.html.4711", "<html");
  failing_enables(5);
  for (const std::string& name : others)
    EXPECT_EQ(lab::read_file(log / name), "of others") << name;
  std::vector<std::string> ours = copies(package_);
  std::erase_if(ours, [&others](const std::string& name) {
    return std::find(others.begin(), others.end(), name) != others.end();
  });
  EXPECT_THAT(ours,
              ElementsAre(HasSubstr("_t4.html"), HasSubstr("_t4.ndjson"), HasSubstr("_t5.html"),
                          HasSubstr("_t5.ndjson"), HasSubstr("_t6.html"), HasSubstr("_t6.ndjson")));
}

// The sum of the two is within the limit, and both are whole.
TEST_F(SupportCopy, Of_a_long_journal_is_bounded_and_has_the_newest) {
  installed_with_a_driver_that_does_not_start();
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  std::string sql =
      "BEGIN; CREATE TEMP TABLE t AS SELECT * FROM txn WHERE id = 1;"
      "CREATE TEMP TABLE s AS SELECT * FROM step WHERE txn_id = 1;"
      "UPDATE t SET operation_id = NULL, state = 'undone', code = 1013;";
  for (int id = 3; id <= 300; ++id) {
    const std::string number = std::to_string(id);
    sql += "UPDATE t SET id = " + number + "; INSERT INTO txn SELECT * FROM t;" +
           "UPDATE s SET txn_id = " + number + "; INSERT INTO step SELECT * FROM s;";
  }
  lab::change_past_triggers(vm_.journal_path().string(), sql + "COMMIT");
  const fs::path log = package_.folder("log");
  const journal::Reader reader(vm_.journal_path().string());
  support::write_support_copy(vm_.machine()->host(), reader, log.string(), 1'800'000'000'000);
  const std::string name = "ebpf_handler_support_20270115T080000000Z_t300";
  ASSERT_TRUE(fs::exists(log / (name + ".html")));
  EXPECT_LE(fs::file_size(log / (name + ".html")), 700'000U);
  EXPECT_LE(fs::file_size(log / (name + ".html")) + fs::file_size(log / (name + ".ndjson")),
            1'000'000U);
  const std::string page = lab::read_file(log / (name + ".html"));
  EXPECT_EQ(HtmlCheck::fault_of(page), "");
  EXPECT_THAT(page, HasSubstr("id=\"t300\""));
  std::vector<std::int64_t> ids;
  for (const Json& line : lines_of(log / (name + ".ndjson"))) {
    if (line.at("record") == "transaction") ids.push_back(line.at("id"));
  }
  ASSERT_GE(ids.size(), 5U);
  EXPECT_EQ(ids.back(), 300);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

// Bytes that are many more where they are shown, in all places that no list of operations bounds.
TEST_F(SupportCopy, Of_a_journal_with_long_texts_is_bounded_too) {
  installed_with_a_driver_that_does_not_start();
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const std::string path = vm_.journal_path().string();
  const std::string long_text = "replace(printf('%.*c', 60000, 'x'), 'x', char(1))";
  lab::change_past_triggers(path,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                            "WHERE i < 100) INSERT INTO event (at, level, text) SELECT "
                            "'2026-11-22T10:18:00.123Z', 'warning', " +
                                long_text + " FROM n");
  lab::change_past_triggers(
      path, "UPDATE step SET foreign_objects = json_array(" + long_text + ") WHERE txn_id = 2");
  lab::change_past_triggers(path,
                            "UPDATE txn SET result = json_array(json_object('name', 'x', "
                            "'status', 'error', 'message', " +
                                long_text + ")) WHERE id = 2");
  const fs::path log = package_.folder("log");
  const journal::Reader reader(path);
  support::write_support_copy(vm_.machine()->host(), reader, log.string(), 1'800'000'000'000);
  const fs::path pair = log / "ebpf_handler_support_20270115T080000000Z_t2";
  EXPECT_LE(fs::file_size(pair.string() + ".html"), 700'000U);
  EXPECT_LE(fs::file_size(pair.string() + ".html") + fs::file_size(pair.string() + ".ndjson"),
            1'000'000U);
  EXPECT_EQ(HtmlCheck::fault_of(lab::read_file(pair.string() + ".html")), "");
  EXPECT_EQ(lines_of(pair.string() + ".ndjson").front().at("record"), "journal");
}

TEST_F(SupportCopy, Without_room_there_is_none_and_the_command_ends_as_it_did) {
  installed_with_a_driver_that_does_not_start();
  const std::uint64_t used = [&] {
    std::uint64_t bytes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(vm_.drive("")))
      if (entry.is_regular_file()) bytes += entry.file_size();
    return bytes;
  }();
  constexpr std::uint64_t kThreeMegabytes = 3'000'000;
  vm_.set("disk", {"full-at=" + std::to_string(used + kThreeMegabytes)});
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_THAT(copies(package_), IsEmpty());
  EXPECT_THAT(text(reply), Not(HasSubstr("copy for support")));
}

// enable writes its status twice and its events once before.
TEST_F(SupportCopy, What_goes_wrong_with_it_is_said_and_changes_nothing) {
  installed_with_a_driver_that_does_not_start();
  const std::string before = vm_.snapshot();
  for (const char* fault : {"host.list#2:fail=2", "host.replace#4:fail=112",
                            "host.replace#5:fail=112", "host.remove#1:fail=5"}) {
    if (std::string(fault).starts_with("host.remove")) failing_enables(3);
    const handler::Reply reply = with_fault(commands::Command::kEnable, fault);
    EXPECT_EQ(reply.code, ExitCode::kStartDriver) << fault;
    EXPECT_THAT(text(reply), HasSubstr("Could not write the copy for support")) << fault;
    EXPECT_EQ(package_.status(0).at(0).at("status").at("status"), "error") << fault;
    EXPECT_TRUE(lab::same_machine(before, vm_.snapshot())) << fault;
  }
}

}  // namespace
}  // namespace engine
