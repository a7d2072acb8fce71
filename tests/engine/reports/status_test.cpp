// The status file as the VM Agent reads it.
#include <set>

#include "engine/commands/commands.h"
#include "engine/reports/status.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class Status : public Bench {
 protected:
  std::string text() const { return lab::read_file(package_.folder("status") / "0.status"); }
  static void message(const Json& at) {
    EXPECT_TRUE(at.at("lang").is_string());
    EXPECT_FALSE(at.at("message").get<std::string>().empty());
  }
  // Strict UTF-8 without byte order mark (parse throws for anything else), an array, all that the
  // VM Agent asks for.
  static void schema(const std::string& text) {
    EXPECT_FALSE(text.starts_with("\xEF\xBB\xBF"));
    EXPECT_LT(text.size(), 128U * 1024U);
    const Json all = Json::parse(text);
    ASSERT_TRUE(all.is_array());
    ASSERT_EQ(all.size(), 1U);
    const Json& status = all[0].at("status");
    EXPECT_EQ(all[0].at("version"), "1.0");
    EXPECT_EQ(status.at("name"), "EbpfForWindows");
    EXPECT_EQ(status.at("operation"), "Enable");
    EXPECT_THAT(status.at("status").get<std::string>(),
                testing::AnyOf("success", "error", "transitioning"));
    EXPECT_TRUE(status.at("code").is_number_integer());
    message(status.at("formattedMessage"));
    ASSERT_TRUE(status.at("substatus").is_array());
    for (const Json& row : status.at("substatus")) {
      EXPECT_FALSE(row.at("name").get<std::string>().empty());
      EXPECT_THAT(row.at("status").get<std::string>(),
                  testing::AnyOf("success", "error", "warning"));
      EXPECT_TRUE(row.at("code").is_number_integer());
      message(row.at("formattedMessage"));
    }
  }
};

TEST_F(Status, Success_and_error_keep_the_VM_Agents_schema) {
  must(commands::Command::kEnable);
  schema(text());
  must(commands::Command::kDisable);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  schema(text());
  lab::write_file(vm_.journal_path(), "");
  std::filesystem::permissions(
      data(""), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  fails(commands::Command::kEnable, ExitCode::kJournalUnusable);
  schema(text());
}

TEST_F(Status, Each_component_that_exists_has_a_row) {
  must(commands::Command::kEnable);
  std::set<std::string> names;
  const Json status = package_.status(0)[0]["status"];
  for (const Json& row : status["substatus"])
    names.insert(row["name"]);
  EXPECT_EQ(names,
            (std::set<std::string>{"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent", "Files",
                                   "Path", "NetshHelper", "TracingTasks", "EbpfStore"}));
}

TEST_F(Status, Success_has_code_0_and_an_error_its_whole_code) {
  must(commands::Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["code"], 0);
  must(commands::Command::kDisable);
  vm_.set("service:EbpfCore", {"start-fails=127"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_EQ(package_.status(0)[0]["status"]["code"], 1013);
}

TEST_F(Status, The_message_says_what_happened_what_is_left_and_what_to_do) {
  must(commands::Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["formattedMessage"]["message"],
            "eBPF 1.0.0 is enabled.");
  must(commands::Command::kDisable);
  vm_.set("service:EbpfCore", {"start-fails=127"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const std::string message = package_.status(0)[0]["status"]["formattedMessage"]["message"];
  EXPECT_THAT(message, HasSubstr("EbpfCore"));
  EXPECT_THAT(message, HasSubstr("127"));
  EXPECT_THAT(message, HasSubstr("as it was before"));
  EXPECT_THAT(message, HasSubstr("run the command again"));
}

TEST_F(Status, A_refusal_says_that_nothing_was_changed) {
  must(commands::Command::kInstall, package("1.1.0"));
  fails(commands::Command::kEnable, ExitCode::kDowngradeRefused);
  EXPECT_THAT(package_.status(0).dump(), HasSubstr("Nothing was changed"));
}

TEST_F(Status, Only_enable_writes_one) {
  for (commands::Command command : {commands::Command::kInstall, commands::Command::kDisable,
                                    commands::Command::kUninstall, commands::Command::kReset})
    must(command);
  EXPECT_TRUE(std::filesystem::is_empty(package_.folder("status")));
}

TEST_F(Status, An_old_success_of_the_same_number_is_replaced_by_the_error) {
  must(commands::Command::kEnable);
  must(commands::Command::kDisable);
  vm_.set("service:EbpfCore", {"start-fails=127"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "error");
}

TEST_F(Status, Nothing_half_written_is_ever_in_the_folder) {
  must(commands::Command::kEnable);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(package_.folder("status")), {}), 1);
}

TEST_F(Status, A_kill_leaves_transitioning_and_the_next_enable_ends_it) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "transitioning");
  schema(text());
  must(commands::Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

TEST(StatusText, Invalid_UTF_8_in_a_message_is_replaced) {
  journal::Transaction transaction;
  transaction.command = "enable";
  transaction.state = journal::TransactionState::kUndone;
  transaction.cause = {{"code", 1013}, {"tried", std::string("start \xff\xfe")}};
  EXPECT_TRUE(Json::accept(reports::status_text(transaction)));
}

TEST(StatusText, A_long_message_is_cut_between_characters) {
  journal::Transaction transaction;
  transaction.command = "enable";
  transaction.state = journal::TransactionState::kUndone;
  std::string tried;
  constexpr int kMany = 100'000;
  for (int i = 0; i < kMany; ++i)
    tried += "\xC3\xA4";
  transaction.cause = {{"code", 1013}, {"tried", tried}};
  const Json status = Json::parse(reports::status_text(transaction));
  EXPECT_LE(status[0]["status"]["formattedMessage"]["message"].get<std::string>().size(), 1024U);
}

TEST(StatusText, It_is_a_projection_of_the_row_equal_each_time) {
  journal::Transaction transaction;
  transaction.command = "enable";
  transaction.payload_version = "1.0.0";
  transaction.state = journal::TransactionState::kCommitted;
  transaction.ended_at = "2026-11-22T10:18:00.123Z";
  EXPECT_EQ(reports::status_text(transaction), reports::status_text(transaction));
  EXPECT_EQ(Json::parse(reports::status_text(transaction))[0]["timestampUTC"],
            "2026-11-22T10:18:00.123Z");
}

}  // namespace
}  // namespace engine
