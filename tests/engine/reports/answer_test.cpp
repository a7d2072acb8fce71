// F-52: of a failure support may have nothing but what the command printed, of which the VM Agent
// reads the first 3,200 bytes.
#include "engine/reports/answer.h"

#include <algorithm>
#include <numeric>

#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "errors/failure.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/engine/transaction/recovery_bench.h"

namespace engine {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;

std::size_t bytes_of(const handler::Reply& reply) {
  return std::accumulate(
      reply.lines.begin(), reply.lines.end(), std::size_t{0},
      [](std::size_t sum, const std::string& line) { return sum + line.size() + 1; });
}

class AnswerOfUpdate : public Update {};
class AnswerOfUndo : public Recovering {};
class AnswerOfRefusal : public Bench {};

TEST_F(AnswerOfUpdate, A_failure_explains_itself_alone) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const std::string said = text(reply);
  EXPECT_THAT(reply.lines.front(), AllOf(HasSubstr("(1013)"), HasSubstr("NetEbpfExt")));
  EXPECT_THAT(said, ContainsRegex("Transaction 7 of 2026-[-0-9T:.]+Z, handler 1.1.0.1, in the "
                                  "update 1.0.0 -> 1.1.0; failed at step [0-9]+ of [0-9]+, "
                                  "start-service NetEbpfExt"));
  EXPECT_THAT(said, HasSubstr("577 (ERROR_INVALID_IMAGE_HASH): "));
  EXPECT_THAT(said, HasSubstr("Before: eBPF 1.0.0; now: eBPF 1.0.0."));
  EXPECT_THAT(said, ContainsRegex("Down: eBPF [1-9]\\.[0-9] s; GuestProxyAgent [1-9]\\.[0-9] s"));
  EXPECT_THAT(said, HasSubstr("Look: sc.exe qc \"NetEbpfExt\""));
  EXPECT_THAT(said, HasSubstr("journal explain 7"));
  EXPECT_LE(bytes_of(reply), 3200U);
}

TEST_F(AnswerOfUndo, What_could_not_be_undone_is_in_it_and_what_the_machine_is_now) {
  enabled();
  lab::write_file(installed("ebpfapi.dll"), "damaged");
  vm_.set("service:eBPFSvc", {"start-fails=1053"});
  const std::string said =
      text(with_fault(commands::Command::kEnable, "services.start#2:fail=577"));
  EXPECT_THAT(said, ContainsRegex("Not undone: stop-service eBPFSvc: .*1053"));
  EXPECT_THAT(said, ContainsRegex("eBPFSvc \\(error\\): .*(stopped|not running)"));
}

TEST_F(AnswerOfRefusal, Nothing_was_changed_and_nothing_was_down) {
  must(commands::Command::kInstall);
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  const std::string said = text(fails(commands::Command::kInstall, ExitCode::kRefusedByPolicy));
  EXPECT_THAT(said, HasSubstr("Before: eBPF 1.0.0; now: eBPF 1.0.0."));
  EXPECT_THAT(said, HasSubstr("Down: eBPF 0.0 s; GuestProxyAgent 0.0 s."));
}

TEST_F(AnswerOfRefusal, What_an_older_command_saw_is_told_with_its_time) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  EXPECT_THAT(text(fails(commands::Command::kEnable, ExitCode::kStartDriver)),
              AllOf(HasSubstr("NetEbpfExt (error)"), testing::Not(HasSubstr("As of "))));
  const std::string seen_at = vm_.last_transaction()->ended_at;
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  const std::string said = text(fails(commands::Command::kInstall, ExitCode::kRefusedByPolicy));
  EXPECT_THAT(said, HasSubstr("As of " + seen_at + ": NetEbpfExt (error)"));
}

TEST(AnswerText, No_more_than_is_read_and_what_matters_first) {
  reports::Answer answer("enable");
  const errors::Failure failure(ExitCode::kStartDriver, "X", "start " + std::string(5000, 'x'));
  answer.fail(failure);
  answer.advise(failure);
  for (int i = 0; i < 40; ++i)
    answer.note("note " + std::to_string(i) + " " + std::string(200, 'n'));
  const handler::Reply reply = answer.finish(7);
  EXPECT_LE(bytes_of(reply), 3200U);
  EXPECT_THAT(reply.lines.at(0), HasSubstr("enable failed (1013)"));
  EXPECT_THAT(reply.lines.at(1), HasSubstr("What to do: "));
  EXPECT_THAT(reply.lines.at(2), HasSubstr("note 0"));
  EXPECT_THAT(reply.lines.back(), testing::MatchesRegex("Note: [0-9]+ more notes had no room."));
  EXPECT_EQ(reply.json.at("notes").size(), 40U) << "programs get all";
}

}  // namespace
}  // namespace engine
