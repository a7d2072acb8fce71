// `ebpf-handler journal …` as a process: what is printed, with which exit code, of journals that
// nobody vouches for, and beside a command at work.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <thread>

#include "engine/commands/commands.h"
#include "tests/engine/bench.h"
#include "tests/lab/past_triggers.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class JournalProgram : public Bench {
 protected:
  struct Ended {
    int status = 0;
    std::string output;  // both streams
    std::chrono::steady_clock::duration took{};
  };
  // On the VM.
  Ended ask(const std::string& arguments) const {
    const auto begun = std::chrono::steady_clock::now();
    const std::string command = "EBPF_HANDLER_MACHINE='" + vm_.folder().string() +
                                "' timeout 60 " EBPF_TEST_BIN "/ebpf-handler journal " + arguments +
                                " 2>&1";
    Ended ended;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      ended.output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ended.took = std::chrono::steady_clock::now() - begun;
    return ended;
  }
  // Of a copy that somebody has changed.
  Ended ask(const std::string& arguments, const std::string& sql) const {
    fs::remove(copy());
    fs::copy_file(vm_.journal_path(), copy());
    lab::change_past_triggers(copy(), sql);
    return ask("--journal '" + copy() + "' " + arguments);
  }
  std::string copy() const { return (folder_.path() / "copy.db").string(); }
};

TEST_F(JournalProgram, Each_question_has_its_answer_on_the_VM_and_of_a_copy) {
  enabled();
  fs::copy_file(vm_.journal_path(), copy());
  for (const std::string& where : {std::string(), "--journal '" + copy() + "' "}) {
    EXPECT_THAT(ask(where + "show 1 --operation").output, HasSubstr("Operation 1: install"));
    EXPECT_THAT(ask(where + "grep ebpfcore").output, HasSubstr("register-service EbpfCore"));
    EXPECT_THAT(ask(where + "watch --once").output, ContainsRegex("enable 1.0.0 .*: committed"));
    EXPECT_THAT(ask(where + "verify").output, ContainsRegex("check sums +sound"));
    EXPECT_EQ(ask(where + "verify").status, 0);
    const fs::path out = folder_.path() / ("out" + std::to_string(where.size()));
    EXPECT_THAT(ask(where + "rebuild --out '" + out.string() + "'").output,
                HasSubstr("ebpf_handler.log"));
    EXPECT_EQ(lab::read_file(out / "ebpf_handler.log"), package_.log());
  }
}

TEST_F(JournalProgram, Verify_ends_with_1103_where_the_journal_is_damaged) {
  enabled();
  const Ended ended =
      ask("verify", "UPDATE step SET before_image = '{}' WHERE txn_id = 2 AND position = 1");
  EXPECT_EQ(ended.status, 1103 & 0xff);
  EXPECT_THAT(ended.output, HasSubstr("transaction 2, step 1: its before-image is not what was"));
}

TEST_F(JournalProgram, Watch_follows_the_next_command_until_it_ends) {
  must(commands::Command::kInstall);
  std::thread command([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    must(commands::Command::kEnable);
  });
  const Ended ended = ask("watch");
  command.join();
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.output, HasSubstr("No command runs now; waiting for the next one."));
  EXPECT_THAT(ended.output, HasSubstr("enable 1.0.0 (transaction 2): committed, code 0\n"));
}

// It would go on for ever.
TEST_F(JournalProgram, Watch_says_that_a_command_was_killed) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  for (const char* question : {"watch", "watch --once"}) {
    const Ended ended = ask(question);
    EXPECT_EQ(ended.status, 0);
    EXPECT_THAT(ended.output,
                ContainsRegex("^enable 1.0.0 .transaction 2.: its process is gone, at "
                              "step [0-9] of 8 .start-service EbpfCore.*recover"));
  }
}

// F-31: a terminal obeys them, and a name turned round lies.
TEST_F(JournalProgram, What_a_hostile_journal_says_is_shown_and_not_obeyed) {
  enabled();
  const std::string evil = "'x' || char(27) || '[2J' || char(0x202e) || 'gnp.exe' || char(0x9b)";
  for (const char* question : {"list", "show 2", "explain 2", "export", "list --json", "grep gnp",
                               "show 2 --json", "show 2 --operation"}) {
    const Ended ended = ask(question, "UPDATE txn SET payload_version = " + evil +
                                          "; UPDATE step SET target = " + evil +
                                          "; UPDATE event SET text = " + evil);
    EXPECT_THAT(ended.output, HasSubstr("\\u001b[2J\\u202egnp.exe\\u009b")) << question;
    EXPECT_THAT(ended.output, Not(HasSubstr("\x1b"))) << question;
    EXPECT_THAT(ended.output, Not(HasSubstr("\xE2\x80\xAE"))) << question;
  }
}

TEST_F(JournalProgram, A_value_without_end_a_table_without_end_and_rows_without_end_are_refused) {
  enabled();
  const Ended large = ask("show 2",
                          "UPDATE txn SET payload_version = printf('%.*c', 200000000, 'x')"
                          " WHERE id = 2");
  EXPECT_EQ(large.status, 1103 & 0xff) << large.output.substr(0, 1000);
  fs::copy_file(vm_.journal_path(), copy(), fs::copy_options::overwrite_existing);
  SQLite::Database(copy(), SQLite::OPEN_READWRITE)
      .exec(
          "PRAGMA trusted_schema = ON; DROP TABLE event; CREATE VIEW event AS WITH RECURSIVE n(id) "
          "AS (SELECT 1 UNION ALL "
          "SELECT id + 1 FROM n) SELECT id, NULL AS txn_id, '2026-11-22T10:18:00.123Z' AS at, "
          "'info' AS level, 'again' AS text FROM n");
  const Ended endless = ask("--journal '" + copy() + "' list");
  EXPECT_EQ(endless.status, 1103 & 0xff) << endless.output.substr(0, 1000);
  EXPECT_THAT(endless.output, HasSubstr("its tables are not those of a journal"));
  EXPECT_LT(endless.took, std::chrono::seconds(10));
  const Ended many =
      ask("show 2",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
          "INSERT INTO event (txn_id, at, level, text) SELECT 2, "
          "'2026-11-22T10:18:00.123Z', 'info', printf('%.*c', 14000000, 'x') FROM n");
  EXPECT_EQ(many.status, 1103 & 0xff) << many.output.substr(0, 1000);
  EXPECT_THAT(many.output, HasSubstr("more than 268435456 bytes for one question"));
}

// F-39: of a sound journal never an error, whatever a command does to it meanwhile.
TEST_F(JournalProgram, Beside_a_busy_writer_no_question_fails) {
  enabled();
  const fs::path busy = folder_.path() / "busy";
  lab::write_file(busy, "");
  std::vector<FILE*> readers;  // processes of their own, from before a command holds its lock
  // Each with what its answer ends with where it is whole.
  for (const auto& [question, end] :
       {std::pair{"list --last 0", "[0-9][.][0-9]"}, std::pair{"export", "}"}}) {
    const std::string out = busy.string() + question;
    const std::string loop =
        "export EBPF_HANDLER_MACHINE='" + vm_.folder().string() + "'; asked=0; while [ -e '" +
        busy.string() + "' ]; do " EBPF_TEST_BIN "/ebpf-handler journal " + question + " >'" + out +
        "' 2>&1 && tail -n 1 '" + out + "' | grep -q '" + end + "$' || { echo failed; cat '" + out +
        "'; }; asked=$((asked + 1)); done; echo asked $asked";
    readers.push_back(::popen(loop.c_str(), "r"));
  }
  constexpr int kRounds = 25;
  for (int i = 0; i < kRounds; ++i) {
    must(commands::Command::kDisable);
    must(commands::Command::kEnable);
  }
  fs::remove(busy);
  for (FILE* reader : readers) {
    std::array<char, 4096> buffer{};
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size() - 1, reader);
    EXPECT_THAT(std::string(buffer.data(), got), testing::MatchesRegex("asked [1-9][0-9]*\n"));
    ::pclose(reader);
  }
}

}  // namespace
}  // namespace engine
