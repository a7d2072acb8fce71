// `journal show --operation`, `grep`, and `watch` with the status of a command that runs.
#include <algorithm>
#include <sstream>

#include "engine/commands/commands.h"
#include "engine/support/journal_grep.h"
#include "engine/support/operation_text.h"
#include "engine/support/progress.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/transaction/recovery_bench.h"

namespace engine {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class OperationText : public Update {};

TEST_F(OperationText, An_update_is_shown_with_all_its_commands_and_the_gaps_between_them) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const std::int64_t id = operations().back().id;
  const journal::Reader reader(vm_.journal_path().string());
  const std::string text = support::operation_text(reader, id);
  EXPECT_THAT(text, HasSubstr(": update 1.0.0 -> 1.1.0, undone"));
  EXPECT_THAT(text, HasSubstr("Undone since enable failed"));
  EXPECT_THAT(text, ContainsRegex("eBPF down [0-9]+\\.[0-9] s; GuestProxyAgent down [0-9]+"));
  EXPECT_THAT(text, HasSubstr(" s later\n"));
  std::size_t at = 0;
  for (const char* command :
       {"  disable (", "  update (", "  uninstall (", "  install (", "  enable ("}) {
    const std::size_t found = text.find(command, at);
    ASSERT_NE(found, std::string::npos) << command << "\n" << text;
    at = found;
  }
  EXPECT_THAT(text.substr(at), HasSubstr("StartService"));
  const nlohmann::json whole = support::operation_json(reader, id);
  EXPECT_EQ(whole.at("transactions").size(), 5U);
  EXPECT_TRUE(whole.at("transactions").at(0).at("gap_ms").is_null());
  EXPECT_GE(whole.at("transactions").at(1).at("gap_ms").get<int>(), 0);
  EXPECT_EQ(errors::failure_in([&] { support::operation_text(reader, 99); })->code(),
            ExitCode::kUsage);
}

class Grep : public Bench {};

TEST_F(Grep, Finds_a_text_in_every_place_whatever_its_case) {
  enabled();
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  must(commands::Command::kDisable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const journal::Reader reader(vm_.journal_path().string());
  const std::string id = std::to_string(last_id());
  const std::string text = support::grep_text(reader, "NETEBPFEXT");
  EXPECT_THAT(text, ContainsRegex("t1 step [0-9]+ register-service NetEbpfExt, parameters: "));
  EXPECT_THAT(text, ContainsRegex("t" + id + " step [0-9]+ start-service NetEbpfExt, error: "));
  EXPECT_THAT(text, HasSubstr("t" + id + " cause: "));
  EXPECT_THAT(text, HasSubstr("t" + id + " event: "));
  EXPECT_THAT(text, HasSubstr("- ours: service NetEbpfExt"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    EXPECT_LE(line.size(), 260U) << line;
  const nlohmann::json rows = support::grep_json(reader, "netebpfext").at("found");
  EXPECT_EQ(static_cast<std::ptrdiff_t>(rows.size()), std::count(text.begin(), text.end(), '\n'));
  EXPECT_EQ(support::grep_text(reader, "no such word"),
            "Nothing in the journal has \"no such word\" in it.\n");
  EXPECT_EQ(errors::failure_in([&] { support::grep_text(reader, ""); })->code(), ExitCode::kUsage);
}

class RunsNow : public Recovering {
 protected:
  support::RunProgress progress(std::optional<std::int64_t> now = std::nullopt) const {
    const journal::Reader reader(vm_.journal_path().string());
    return *support::progress_of(reader, now);
  }
};

TEST_F(RunsNow, Which_step_for_how_long_and_how_long_it_may_go_on) {
  must(commands::Command::kInstall);
  EXPECT_FALSE(progress().running);
  killed(commands::Command::kEnable, "services.start#2:kill-before");
  const support::RunProgress now = progress(vm_.clock_ms() + 12'000);
  EXPECT_TRUE(now.running);
  EXPECT_EQ(now.steps, vm_.steps(last_id()).size());
  EXPECT_EQ(now.doing, "start-service NetEbpfExt");
  EXPECT_GE(now.ran_ms, 12'000);
  EXPECT_EQ(now.ran_ms + now.left_ms, 150'000) << "an enable's time, but for the undo's";
  EXPECT_THAT(support::progress_phrase(now),
              ContainsRegex("^step [0-9] of 8 .start-service NetEbpfExt., 12\\.[0-9] s gone, "
                            "137\\.[0-9] s left$"));
}

TEST_F(RunsNow, An_undo_is_told_from_what_goes_forward) {
  stuck();
  EXPECT_TRUE(progress().undoing);
  EXPECT_THAT(support::progress_phrase(progress()), testing::StartsWith("undoing step "));
}

// What a reader of the status sees while a slow step is at work, and not where all are quick.
TEST_F(RunsNow, The_status_of_a_slow_command_says_at_which_step_it_is) {
  must(commands::Command::kInstall);
  vm_.set("service:EbpfCore", {"start-takes=5"});
  std::vector<std::string> told;
  Watch watch([&](const machine::Call& call) {
    if (call.name != "services.start") return;
    told.push_back(package_.status(0)[0]["status"]["formattedMessage"]["message"]);
  });
  EXPECT_EQ(vm_.run(commands::Command::kEnable, package_, &watch).code, ExitCode::kSuccess);
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(told[0], "enable of eBPF 1.0.0 is under way.");
  EXPECT_THAT(told[1], ContainsRegex("is under way: step [0-9] of 8 .start-service NetEbpfExt., "
                                     "[5-9]\\.[0-9] s gone, 14[0-9]\\.[0-9] s left\\.$"));
}

}  // namespace
}  // namespace engine
