// HandlerEnvironment.json, its folders, and ConfigSequenceNumber: what the VM Agent gives, and what
// else may be there.
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

class Environment : public Bench {
 protected:
  std::string path() const { return package_.file("HandlerEnvironment.json").string(); }
  std::string good() const { return lab::read_file(path()); }
  // Every command that the VM Agent calls refuses this file, and writes no status.
  void bad(const std::string& content) const {
    lab::write_file(path(), content);
    for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable,
                                      commands::Command::kDisable, commands::Command::kUninstall}) {
      refuses(command, ExitCode::kBadEnvironment, "HandlerEnvironment.json");
    }
    EXPECT_TRUE(fs::is_empty(package_.folder("status")));
    EXPECT_FALSE(fs::exists(vm_.journal_path()));
  }
};

TEST_F(Environment, A_missing_file_is_refused_and_named) {
  fs::remove(path());
  for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable,
                                    commands::Command::kDisable, commands::Command::kUninstall}) {
    refuses(command, ExitCode::kNoEnvironment, path());
  }
}

TEST_F(Environment, An_empty_file_is_refused) { bad(""); }
TEST_F(Environment, Something_that_is_no_array_is_refused) { bad("{\"handlerEnvironment\": {}}"); }
TEST_F(Environment, An_empty_array_is_refused) { bad("[]"); }
TEST_F(Environment, Something_that_is_no_JSON_is_refused) { bad("[{\"version\": 1.0,"); }
TEST_F(Environment, Invalid_UTF_8_is_refused) { bad("[{\"name\": \"\xff\xfe\"}]"); }

TEST_F(Environment, A_file_of_10_MB_is_refused_unread) {
  constexpr std::size_t kBytes = 10 * 1024 * 1024;
  bad(good() + std::string(kBytes, ' '));
}

TEST_F(Environment, A_missing_folder_entry_is_named) {
  auto json = nlohmann::json::parse(good());
  json[0]["handlerEnvironment"].erase("statusFolder");
  lab::write_file(path(), json.dump());
  refuses(commands::Command::kEnable, ExitCode::kBadEnvironment, "statusFolder");
}

TEST_F(Environment, A_byte_order_mark_is_tolerated) {
  lab::write_file(path(), "\xEF\xBB\xBF" + good());
  must(commands::Command::kInstall);
}

TEST_F(Environment, Unknown_keys_and_a_missing_events_folder_are_tolerated) {
  auto json = nlohmann::json::parse(good());
  json[0]["handlerEnvironment"].erase("eventsFolder");
  json[0]["handlerEnvironment"]["hostResolverAddress"] = "168.63.129.16";
  lab::write_file(path(), json.dump());
  must(commands::Command::kEnable);
}

TEST_F(Environment, Folders_that_are_missing_are_made) {
  fs::remove_all(package_.folder("log"));
  fs::remove_all(package_.folder("status"));
  must(commands::Command::kEnable);
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
  EXPECT_FALSE(package_.log().empty());
}

// F-15
TEST_F(Environment, Folders_of_several_levels_that_are_missing_are_made) {
  auto json = nlohmann::json::parse(good());
  const auto log = package_.folder("a") / "b" / "c";
  const auto status = package_.folder("s") / "t";
  json[0]["handlerEnvironment"]["logFolder"] = log.string();
  json[0]["handlerEnvironment"]["statusFolder"] = status.string();
  lab::write_file(path(), json.dump());
  must(commands::Command::kEnable);
  EXPECT_TRUE(fs::exists(log / "ebpf_handler.log"));
  EXPECT_TRUE(fs::exists(status / "0.status"));
}

TEST_F(Environment, A_status_folder_that_cannot_be_written_is_refused_before_anything_is_touched) {
  fs::remove_all(package_.folder("status"));
  lab::write_file(package_.folder("status"), "a file");
  refuses(commands::Command::kEnable, ExitCode::kBadEnvironment,
          package_.folder("status").string());
  must(commands::Command::kInstall);  // writes no status
}

TEST_F(Environment, A_log_folder_that_cannot_be_written_is_refused_before_anything_is_touched) {
  fs::remove_all(package_.folder("log"));
  lab::write_file(package_.folder("log"), "a file");
  for (commands::Command command :
       {commands::Command::kInstall, commands::Command::kEnable, commands::Command::kDisable})
    refuses(command, ExitCode::kBadEnvironment, package_.folder("log").string());
}

TEST_F(Environment, A_status_folder_that_vanishes_after_the_commit_undoes_nothing) {
  must(commands::Command::kInstall);
  const handler::Reply reply = with_fault(commands::Command::kEnable, "host.replace#2:fail=112");
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_THAT(text(reply), testing::HasSubstr("Could not write the status"));
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(outcome(), "committed");
}

class SequenceNumber : public Bench {
 protected:
  handler::Reply run(commands::Command command, const std::optional<std::string>& number) const {
    return vm_.run(command, package_, nullptr, number);
  }
};

TEST_F(SequenceNumber, A_hostile_one_is_refused_and_no_status_is_written) {
  must(commands::Command::kInstall);
  for (const char* hostile : {"../../x", "-1", "1180591620717411303424", "2147483648", "1.5",
                              "0x10", " 1", "1\n", "+1", "..\\..\\x", "CON", "\xff"}) {
    for (commands::Command command : {commands::Command::kInstall, commands::Command::kEnable}) {
      const std::string before = vm_.snapshot();
      const handler::Reply reply = run(command, hostile);
      EXPECT_EQ(static_cast<int>(reply.code), 1109) << hostile;
      EXPECT_THAT(text(reply), testing::HasSubstr("ConfigSequenceNumber")) << hostile;
      EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
    }
  }
  EXPECT_TRUE(fs::is_empty(package_.folder("status")));
}

TEST_F(SequenceNumber, The_bounds_are_0_and_2147483647) {
  for (const char* number : {"0", "2147483647"}) {
    EXPECT_EQ(run(commands::Command::kEnable, number).code, ExitCode::kSuccess);
    EXPECT_TRUE(fs::exists(package_.folder("status") / (std::string(number) + ".status")));
  }
}

TEST_F(SequenceNumber, Absent_it_is_the_highest_of_the_settings_files) {
  for (const char* name : {"0.settings", "9.settings", "10.settings", "99.json", "x.settings"})
    lab::write_file(package_.folder("config") / name, "{}");
  EXPECT_EQ(run(commands::Command::kEnable, std::nullopt).code, ExitCode::kSuccess);
  EXPECT_FALSE(package_.status(10).is_null());
  EXPECT_EQ(std::distance(fs::directory_iterator(package_.folder("status")), {}), 1);
}

TEST_F(SequenceNumber, Absent_and_without_settings_there_is_no_status_and_enable_still_enables) {
  EXPECT_EQ(run(commands::Command::kEnable, std::nullopt).code, ExitCode::kSuccess);
  EXPECT_TRUE(fs::is_empty(package_.folder("status")));
  EXPECT_EQ(state("EbpfCore"), "running");
}

}  // namespace
}  // namespace engine
