// The VM Agent's events folder: what the owner of a roll-out learns of each command.
#include "engine/support/events_folder.h"

#include <algorithm>
#include <set>

#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "errors/failure.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/transaction/recovery_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

// What the VM Agent would send: it reads the files in the order of their names, and deletes all.
// Fails the test where it would drop an event, or cut one.
std::vector<Json> collected(const lab::Package& package) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(package.folder("events")))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Json> events;
  for (const fs::path& file : files) {
    EXPECT_THAT(file.filename().string(), testing::MatchesRegex("[0-9]+\\.json"));
    for (const Json& event : Json::parse(lab::read_file(file)))
      events.push_back(event);
    fs::remove(file);
  }
  for (const Json& event : events) {
    std::size_t all = 0;
    for (const char* key : {"Version", "Timestamp", "TaskName", "EventLevel", "Message", "EventPid",
                            "EventTid", "OperationId"}) {
      EXPECT_TRUE(event.contains(key) && event.at(key).is_string()) << key << event;
      all += event.value(key, "").size();
    }
    EXPECT_LE(event.value("Message", "").size(), 3072U);
    EXPECT_LE(all, 6144U);
  }
  return events;
}

std::vector<Json> messages(const lab::Package& package) {
  std::vector<Json> all;
  for (const Json& event : collected(package))
    all.push_back(Json::parse(event.at("Message").get<std::string>()));
  return all;
}

class Events : public Bench {};
class EventsOfUpdate : public Update {};
class EventsOfUndo : public Recovering {};

TEST_F(Events, A_command_that_ends_well_is_one_event) {
  must(commands::Command::kInstall);
  const std::vector<Json> events = collected(package_);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["TaskName"], "install");
  EXPECT_EQ(events[0]["EventLevel"], "Informational");
  EXPECT_EQ(events[0]["Timestamp"], vm_.last_transaction()->ended_at);
  const Json message = Json::parse(events[0]["Message"].get<std::string>());
  EXPECT_EQ(message["event"], "transaction");
  EXPECT_EQ(message["id"], 1);
  EXPECT_EQ(message["outcome"], "committed");
  EXPECT_EQ(message["code"], 0);
  EXPECT_EQ(message["version"], "1.0.0");
  EXPECT_EQ(message["settled_version"], "1.0.0");
  EXPECT_TRUE(message["cause"].is_null());
}

TEST_F(Events, A_failure_says_code_object_step_and_for_how_long_eBPF_was_down) {
  enabled();
  must(commands::Command::kDisable);
  collected(package_);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const std::vector<Json> events = collected(package_);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["EventLevel"], "Error");
  const Json message = Json::parse(events[0]["Message"].get<std::string>());
  EXPECT_EQ(message["outcome"], "undone");
  EXPECT_EQ(message["code"], 1013);
  EXPECT_EQ(message["name"], "start-driver");
  EXPECT_EQ(message["step"]["kind"], "start-service");
  EXPECT_EQ(message["step"]["target"], "NetEbpfExt");
  EXPECT_EQ(message["cause"]["system_code"], 577);
  EXPECT_THAT(message["cause"]["text"], HasSubstr("start service NetEbpfExt"));
}

TEST_F(EventsOfUndo, One_that_fails_is_one_more) {
  stuck();
  const std::vector<Json> told = messages(package_);
  ASSERT_GE(told.size(), 2U);
  const Json& command = told.at(told.size() - 2);
  const Json& undo = told.back();
  EXPECT_EQ(command["event"], "transaction");
  EXPECT_EQ(command["cause"]["system_code"], 577);
  EXPECT_EQ(command["outcome"], "open");
  EXPECT_EQ(undo["event"], "undo-failure");
  EXPECT_EQ(undo["cause"]["system_code"], 1053);
  EXPECT_EQ(undo["id"], command["id"]);
}

TEST_F(Events, What_a_killed_command_left_is_told_by_the_one_that_recovers_it) {
  must(commands::Command::kInstall);
  collected(package_);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  EXPECT_TRUE(collected(package_).empty());
  must(commands::Command::kEnable);
  const std::vector<Json> told = messages(package_);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0]["event"], "recovery");
  EXPECT_EQ(told[0]["id"], 2);
  EXPECT_EQ(told[0]["outcome"], "recovered-before");
  EXPECT_EQ(told[1]["event"], "transaction");
  EXPECT_EQ(told[1]["id"], 3);
}

// Nothing is left to be recovered then.
TEST_F(Events, A_command_killed_behind_its_commit_is_told_by_the_next) {
  must(commands::Command::kInstall);
  collected(package_);
  constexpr int kMostCommits = 60;
  for (int commit = 1; commit < kMostCommits; ++commit) {
    const std::string number = std::to_string(commit);
    const lab::Vm twin = vm_.copy_to(folder_.path() / ("twin" + number));
    ASSERT_TRUE(twin.run_killed(commands::Command::kEnable, package_,
                                "journal.commit#" + number + ":kill-after"));
    EXPECT_TRUE(collected(package_).empty());
    const journal::Transaction enable = *twin.last_transaction();
    if (enable.id == 1 || journal::outcome(enable) != "committed") continue;
    lab::must(twin, commands::Command::kEnable, package_);
    EXPECT_EQ(messages(package_).at(0)["id"], enable.id);
    return;
  }
  FAIL() << "no commit made enable committed";
}

// Behind the commit come status, events and log, each of which replaces or appends to a file.
TEST_F(Events, Killed_anywhere_in_its_report_it_is_told_by_the_next) {
  must(commands::Command::kInstall);
  collected(package_);
  for (const char* at : {"host.replace#2:kill-before", "host.replace#2:kill-after",
                         "host.replace#3:kill-before", "host.replace#3:kill-after"}) {
    const lab::Vm twin = vm_.copy_to(folder_.path() / ("twin-" + std::string(at)));
    const std::string log = package_.log();
    ASSERT_TRUE(twin.run_killed(commands::Command::kEnable, package_, at)) << at;
    lab::must(twin, commands::Command::kEnable, package_);
    std::set<int> told;
    for (const Json& message : messages(package_))
      told.insert(message["id"].get<int>());
    EXPECT_EQ(told, (std::set<int>{2, 3})) << at;
    lab::write_file(package_.folder("log") / "ebpf_handler.log", log);
  }
}

TEST_F(Events, A_refusal_is_told_with_and_without_a_journal) {
  must(commands::Command::kInstall);
  collected(package_);
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  fails(commands::Command::kInstall, ExitCode::kRefusedByPolicy);
  std::vector<Json> told = messages(package_);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0]["event"], "refusal");
  EXPECT_EQ(told[0]["code"], 1006);
  fs::permissions(data(""), fs::perms::owner_read | fs::perms::owner_exec);
  const handler::Reply reply = vm_.run(commands::Command::kEnable, package_);
  fs::permissions(data(""), fs::perms::owner_all);
  told = messages(package_);
  ASSERT_EQ(told.size(), 1U) << text(reply);
  EXPECT_EQ(told[0]["event"], "refusal");
  EXPECT_EQ(told[0]["code"], static_cast<int>(reply.code));
}

// Its failure says who can write there; the events go to whoever published the package.
TEST_F(Events, No_name_of_an_account_leaves_the_VM) {
  vm_.set(R"(path:C:\Program Files)", {R"(owner=CORP\Packagers)"});
  const handler::Reply reply = fails(commands::Command::kInstall, ExitCode::kUnsafeFolder);
  EXPECT_THAT(text(reply), HasSubstr("Packagers"));
  const std::vector<Json> events = collected(package_);
  ASSERT_FALSE(events.empty());
  for (const Json& event : events)
    EXPECT_THAT(event.dump(), Not(HasSubstr("Packagers")));
  const Json message = Json::parse(events.back().at("Message").get<std::string>());
  EXPECT_EQ(message["code"], 1111);
  EXPECT_EQ(message["name"], "unsafe-folder");
  EXPECT_THAT(message["cause"]["object"], HasSubstr("Program Files"));
}

TEST_F(EventsOfUpdate, Its_commands_have_one_operation_and_the_last_says_how_long_eBPF_was_down) {
  collected(package_);
  whole();
  std::set<std::string> operations;
  std::vector<Json> all = collected(package_);
  const std::vector<Json> of_fresh = collected(fresh_);
  all.insert(all.end(), of_fresh.begin(), of_fresh.end());
  for (const Json& event : all) {
    if (event["TaskName"] != "disable")  // it is before the update, and no part of it
      operations.insert(event["OperationId"].get<std::string>());
  }
  EXPECT_EQ(operations.size(), 1U);
  const Json last = Json::parse(of_fresh.back()["Message"].get<std::string>());
  EXPECT_EQ(last["operation_state"], "settled");
  EXPECT_EQ(last["from"], "1.0.0");
  EXPECT_EQ(last["to"], "1.1.0");
  EXPECT_GT(last["ebpf_down_ms"], 0);
}

// The log of another version's folder is empty, and what it had told is not told again.
TEST_F(EventsOfUpdate, A_new_version_tells_of_its_own_commands_only) {
  collected(package_);
  up_to(commands::Command::kEnable);
  for (const Json& message : messages(fresh_))
    EXPECT_GT(message["id"], 2) << message;
}

TEST_F(Events, Nobody_who_collects_them_is_not_filled_up) {
  must(commands::Command::kInstall);
  collected(package_);
  for (std::size_t i = 0; i < support::kMostFiles; ++i)
    lab::write_file(package_.folder("events") / (std::to_string(i) + ".json"), "[]");
  must(commands::Command::kEnable);
  EXPECT_EQ(collected(package_).size(), 0U);
}

TEST_F(Events, A_folder_that_is_missing_or_no_folder_changes_nothing) {
  fs::remove(package_.folder("events"));
  EXPECT_THAT(text(must(commands::Command::kInstall)), Not(HasSubstr("Note")));
  lab::write_file(package_.folder("events"), "a file");
  must(commands::Command::kEnable);
  expect_all_running();
}

// Each character of such a text is six in JSON, and twelve in JSON in JSON.
TEST(EventsOfTexts, Long_texts_and_control_characters_stay_within_the_limits) {
  const errors::Failure failure(ExitCode::kStartDriver, std::string(9000, '\x01'),
                                std::string(9000, '\x02'));
  const Json event =
      support::event_without_journal("enable", failure, "2026-11-22T10:18:00.123Z", {"1.0.0.1", 7});
  EXPECT_LE(event["Message"].get<std::string>().size(), 3072U);
  EXPECT_EQ(Json::parse(event["Message"].get<std::string>())["code"], 1013);
}

}  // namespace
}  // namespace engine
