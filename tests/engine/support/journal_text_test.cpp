// `journal list` and `journal show`, as people and programs read them.
#include <sstream>

#include "engine/commands/commands.h"
#include "engine/support/journal_text.h"
#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;

class JournalText : public Bench {
 protected:
  void SetUp() override {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver);
  }
};

TEST_F(JournalText, The_list_has_its_columns_and_a_line_for_each_transaction) {
  journal::Reader reader(vm_.journal_path().string());
  std::istringstream in(support::list_text(reader));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_THAT(lines[0], testing::MatchesRegex(
                            " *ID +STARTED +COMMAND +VERSION +OUTCOME +CODE +SECONDS +CAUSE *"));
  EXPECT_THAT(lines[1],
              ContainsRegex("^ *1 +2[0-9T:.-]+Z +install +1.0.0 +committed +0 +[0-9]+\\.[0-9]"));
  EXPECT_THAT(lines[2],
              ContainsRegex("^ *2 +2[0-9T:.-]+Z +enable +1.0.0 +undone +1013 .*NetEbpfExt.*577"));
  EXPECT_EQ(lines[0].find("COMMAND"), lines[1].find("install"));
  EXPECT_EQ(lines[0].find("COMMAND"), lines[2].find("enable"));
}

TEST_F(JournalText, The_list_is_cut_by_number_time_and_failure_and_says_so) {
  journal::Reader reader(vm_.journal_path().string());
  const auto ids = [&reader](const support::ListOptions& options) {
    std::vector<std::int64_t> found;
    const nlohmann::json list = support::list_json(reader, options);
    for (const auto& row : list.at("transactions"))
      found.push_back(row.at("id"));
    return found;
  };
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(ids({}), (Ids{1, 2}));
  EXPECT_EQ(ids({.last = 1}), (Ids{2}));
  EXPECT_EQ(ids({.last = 0}), (Ids{1, 2}));
  EXPECT_EQ(ids({.failed = true}), (Ids{2}));
  const std::string second = reader.transaction(2).started_at;
  EXPECT_EQ(ids({.since = second}), (Ids{2}));
  EXPECT_EQ(ids({.since = second.substr(0, 10)}), (Ids{1, 2}));
  EXPECT_EQ(ids({.since = "9999-01-01"}), (Ids{}));
  EXPECT_THAT(support::list_text(reader, {.last = 1}), HasSubstr("The newest 1; --last 0"));
  EXPECT_THAT(support::list_text(reader), testing::Not(HasSubstr("--last")));
  for (const char* since : {"yesterday", "2026", "2026-11-22T10:18:00.123Z0", "2026-11-22 10:18"}) {
    const auto failure = errors::failure_in([&] { support::list_text(reader, {.since = since}); });
    ASSERT_TRUE(failure) << since;
    EXPECT_EQ(failure->code(), ExitCode::kUsage);
  }
}

TEST_F(JournalText, One_transaction_is_shown_with_header_steps_cause_and_what_to_do) {
  journal::Reader reader(vm_.journal_path().string());
  const std::string text = support::show_text(reader, 2);
  EXPECT_THAT(text, HasSubstr("Transaction 2: enable 1.0.0, undone, code 1013\n"));
  EXPECT_THAT(text, ContainsRegex("\n *N +KIND +TARGET +STATE +MS"));
  EXPECT_THAT(text, ContainsRegex("\n *1 +stop-service +GuestProxyAgent +undone"));
  EXPECT_THAT(text, ContainsRegex("\n *3 +start-service +NetEbpfExt +undone"));
  EXPECT_THAT(text, ContainsRegex("\n *4 +start-service +eBPFSvc +planned +-"));
  EXPECT_THAT(text, ContainsRegex("\nCause: [^\n]*NetEbpfExt[^\n]*577"));
  EXPECT_THAT(text, HasSubstr("\nWhat to do: "));
  EXPECT_THAT(text, HasSubstr("\nEvents:\n"));
}

TEST_F(JournalText, As_JSON_it_has_the_whole_code_the_cause_and_the_images) {
  journal::Reader reader(vm_.journal_path().string());
  const auto list = nlohmann::json::parse(support::list_json(reader).dump());
  ASSERT_EQ(list.at("transactions").size(), 2U);
  EXPECT_EQ(list["transactions"][1]["code"], 1013);
  EXPECT_EQ(list["transactions"][1]["outcome"], "undone");
  EXPECT_EQ(list["transactions"][1]["cause"]["system"]["code"], 577);
  const auto show = nlohmann::json::parse(support::show_json(reader, 2).dump());
  EXPECT_EQ(show["steps"].size(), 8U);
  EXPECT_EQ(show["steps"][0]["before"]["state"], "running");
  EXPECT_EQ(show["steps"][2]["error"]["system"]["code"], 577);
}

TEST_F(JournalText, An_id_that_it_does_not_hold_is_refused_by_name) {
  journal::Reader reader(vm_.journal_path().string());
  try {
    support::show_text(reader, 99);
    FAIL() << "shown";
  } catch (const errors::Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kUsage);
    EXPECT_THAT(failure.message(), HasSubstr("99"));
  }
}

TEST_F(JournalText, A_copy_in_a_read_only_folder_is_read_and_nothing_is_written_beside_it) {
  const fs::path copy = folder_.path() / "copy";
  fs::create_directories(copy);
  fs::copy(vm_.journal_path(), copy / "journal.db");
  fs::permissions(copy / "journal.db", fs::perms::owner_read);
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_exec);
  {
    journal::Reader reader((copy / "journal.db").string());
    EXPECT_THAT(support::list_text(reader), HasSubstr("install"));
    EXPECT_THAT(support::show_text(reader, 2), HasSubstr("Transaction 2"));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(copy), {}), 1);
  fs::permissions(copy, fs::perms::owner_all);
}

TEST_F(JournalText, An_open_transaction_says_what_to_do) {
  vm_.set("service:NetEbpfExt", {"clear"});
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  journal::Reader reader(vm_.journal_path().string());
  const std::string text = support::show_text(reader, 3);
  EXPECT_THAT(text, HasSubstr("open"));
  EXPECT_THAT(text, HasSubstr("ebpf-handler recover"));
}

TEST_F(JournalText, The_step_that_failed_is_named) {
  const auto shown = [this](std::int64_t id) {
    journal::Reader reader(vm_.journal_path().string());
    return support::show_text(reader, id);
  };
  EXPECT_THAT(shown(2), HasSubstr("\nFailed: step 3 of 8, start-service NetEbpfExt\nCause: "));
  vm_.set("service:NetEbpfExt", {"clear"});
  must(commands::Command::kEnable);
  EXPECT_EQ(with_fault(commands::Command::kUninstall, "tasks.set_enabled#1:fail=5").code,
            ExitCode::kSuccess);
  EXPECT_THAT(shown(4), ContainsRegex("\nFailed: step [0-9]+ of [0-9]+, .*-task [^\n]*: "));
  EXPECT_THAT(shown(4), ContainsRegex("\nEvents:\n(.*\n)*.*warning  step [0-9]+ of [0-9]+ failed"));
}

TEST_F(JournalText, An_undo_that_is_under_way_is_told_from_what_goes_forward) {
  killed(commands::Command::kEnable, "services.stop#2:kill-after");  // the second is of the undo
  journal::Reader reader(vm_.journal_path().string());
  EXPECT_THAT(support::list_text(reader), ContainsRegex("3 .* enable +1.0.0 +open +1013 "));
  const std::string text = support::show_text(reader, 3);
  EXPECT_THAT(
      text, HasSubstr("Transaction 3: enable 1.0.0, open, its undo is not finished, code 1013\n"));
  EXPECT_THAT(
      text,
      ContainsRegex("What to do: If no command runs now: run `ebpf-handler recover`. [^\n]*mend"));
}

TEST_F(JournalText, What_belongs_to_no_transaction_is_below_the_list) {
  lab::write_file(vm_.journal_path(), "damaged");
  must(commands::Command::kInstall);
  journal::Reader reader(vm_.journal_path().string());
  EXPECT_THAT(
      support::list_text(reader),
      ContainsRegex("\nOf no transaction:\n2[^\n]* warning +The journal is no SQLite database"));
  EXPECT_FALSE(support::list_json(reader).at("events").empty());
}

TEST_F(JournalText, It_holds_no_settings) {
  lab::write_file(package_.folder("config") / "0.settings", "{\"protectedSettings\": \"SECRET\"}");
  must(commands::Command::kDisable);
  const std::string all = lab::read_file(vm_.journal_path()) + package_.log();
  EXPECT_EQ(all.find("SECRET"), std::string::npos);
}

}  // namespace
}  // namespace engine
