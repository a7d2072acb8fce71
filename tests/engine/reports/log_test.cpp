// ebpf_handler.log: the journal's events, one line each, also those of a process that was killed.
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "engine/commands/commands.h"
#include "engine/reports/log.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Log : public Bench {
 protected:
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
      all.push_back(line);
    return all;
  }
  std::vector<std::string> lines() const { return lines_of(package_.log()); }
  // The ids of the lines are 1, 2, 3 ...: each event once, in order.
  void whole() const {
    std::int64_t id = 0;
    for (const std::string& line : lines())
      EXPECT_THAT(line, HasSubstr(" #" + std::to_string(++id) + " t"));
    EXPECT_GT(id, 0);
  }
};

TEST_F(Log, One_event_is_one_line_with_time_level_event_and_transaction) {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  for (const std::string& line : lines())
    EXPECT_THAT(line, testing::MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z (INFO |WARN "
                                            "|ERROR) #[0-9]+ t[0-9]+ .+"));
  whole();
  EXPECT_THAT(package_.log(), HasSubstr("enable 1.0.0 begins: 8 steps"));
  EXPECT_THAT(package_.log(), HasSubstr("Start NetEbpfExt"));
}

// F-29: who may write into the log folder may not have SYSTEM write elsewhere.
TEST_F(Log, A_link_in_its_place_or_in_that_of_a_status_is_not_followed) {
  const fs::path victim = folder_.path() / "victim";
  lab::write_file(victim, "untouched");
  const std::string scratch = "0.status." + std::to_string(::getpid());
  for (const fs::path& link :
       {package_.folder("log") / "ebpf_handler.log", package_.folder("log") / scratch,
        package_.folder("status") / "0.status"}) {
    fs::create_directories(link.parent_path());
    fs::create_symlink(victim, link);
  }
  must(commands::Command::kInstall);
  const handler::Reply reply = must(commands::Command::kEnable);
  EXPECT_EQ(lab::read_file(victim), "untouched");
  EXPECT_THAT(text(reply), HasSubstr("ebpf_handler.log: it is a link"));
  EXPECT_EQ(package_.status(0)[0]["status"]["status"], "success");
}

TEST_F(Log, A_text_of_the_system_with_line_ends_of_Windows_stays_one_line) {
  journal::Event event;
  event.text = "one\r\ntwo\n";
  EXPECT_EQ(reports::log_line(event).find_first_of("\r\n"), std::string::npos);
}

TEST_F(Log, It_is_UTF_8_without_byte_order_mark) {
  must(commands::Command::kInstall);
  EXPECT_EQ(package_.log().front(), '2');
  EXPECT_EQ(package_.log().find('\0'), std::string::npos);
}

// No file of this process grows beyond that, as on a full disk.
class RoomForFiles {
 public:
  explicit RoomForFiles(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  RoomForFiles(const RoomForFiles&) = delete;
  RoomForFiles& operator=(const RoomForFiles&) = delete;
  ~RoomForFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  void (*signal_)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

TEST_F(Log, What_has_no_room_is_said_changes_no_end_and_is_written_by_the_next_command) {
  must(commands::Command::kInstall);
  constexpr std::size_t kRoom = 2 * 1024 * 1024;
  const std::string lines = package_.log();
  const std::string earlier(kRoom - lines.size() - 2, '-');
  std::ofstream(package_.folder("log") / "ebpf_handler.log") << earlier << "\n" << lines;
  {
    const RoomForFiles little(kRoom);
    EXPECT_THAT(text(must(commands::Command::kEnable)), HasSubstr("write the log"));
  }
  must(commands::Command::kInstall);
  EXPECT_THAT(package_.log(), HasSubstr("enable committed"));
}

TEST_F(Log, What_a_killed_process_did_is_in_it_after_the_next_command) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#2:kill-after");
  EXPECT_THAT(package_.log(), testing::Not(HasSubstr("t2 ")));
  must(commands::Command::kEnable);
  EXPECT_THAT(package_.log(), HasSubstr("t2 enable 1.0.0 begins"));
  EXPECT_THAT(package_.log(), HasSubstr("recovering"));
  whole();
}

TEST_F(Log, A_failure_says_what_was_tried_the_systems_answer_and_what_is_undone) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_THAT(package_.log(), testing::ContainsRegex("ERROR #[0-9]+ t2 [^\n]*NetEbpfExt[^\n]*577"
                                                     "[^\n]*undoing [0-9] of 8 steps"));
}

TEST_F(Log, In_a_new_folder_it_is_made_whole_again) {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  const auto before = lines();
  fs::remove_all(package_.folder("log"));
  must(commands::Command::kDisable);
  const auto after = lines();
  ASSERT_GT(after.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

TEST_F(Log, A_full_one_is_rotated_and_goes_on_where_it_was) {
  must(commands::Command::kInstall);
  const std::string first = package_.log();
  const std::string filler = "2020-01-01T00:00:00.000Z an old line without a mark\n";
  constexpr std::size_t kLimit = 5 * 1024 * 1024;
  std::string full;
  while (full.size() + first.size() + filler.size() < kLimit)
    full += filler;
  lab::write_file(package_.folder("log") / "ebpf_handler.log", full + first);
  must(commands::Command::kEnable);
  EXPECT_TRUE(fs::exists(package_.folder("log") / "ebpf_handler.1.log"));
  EXPECT_THAT(package_.log(), testing::Not(HasSubstr(" t1 ")));
  EXPECT_THAT(package_.log(), HasSubstr(" t2 "));
  must(commands::Command::kDisable);
  EXPECT_THAT(package_.log(), testing::Not(HasSubstr(" t1 ")));
}

TEST_F(Log, After_a_damaged_journal_it_goes_on_and_says_so) {
  must(commands::Command::kInstall);
  const auto before = lines();
  behind([](machine::Machine& m) { m.system().wait_ms(60'000); });
  lab::write_file(vm_.journal_path(), "no database, and long enough to be looked at");
  must(commands::Command::kEnable);
  const auto after = lines();
  ASSERT_GT(after.size(), before.size());
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
  EXPECT_THAT(package_.log(), HasSubstr("damaged"));
}

}  // namespace
}  // namespace engine
