// `journal explain`: what somebody at night learns from the journal alone.
#include "engine/support/explain.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "engine/support/events_folder.h"
#include "engine/support/explanation.h"
#include "engine/support/html_report.h"
#include "engine/support/journal_export.h"
#include "engine/support/journal_facts.h"
#include "engine/support/operation_text.h"
#include "engine/support/system_codes.h"
#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/lab/past_triggers.h"
#include "text/time.h"

namespace engine {
namespace {

using support::Explanation;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Explanation explanation(const lab::Vm& vm, std::optional<std::int64_t> id = std::nullopt) {
  const journal::Reader reader(vm.journal_path().string());
  return support::explanation_of(reader, id);
}
std::string explained(const lab::Vm& vm, std::optional<std::int64_t> id = std::nullopt) {
  const journal::Reader reader(vm.journal_path().string());
  return support::explain_text(reader, id);
}

class Explain : public Bench {};
class ExplainUpdate : public Update {};

TEST_F(Explain, A_driver_that_does_not_start_on_one_screen_with_why_and_what_to_do) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const std::string text = explained(vm_);
  EXPECT_THAT(text, HasSubstr("enable 1.0.0, undone, exit code 1013: transaction 2"));
  EXPECT_THAT(text, ContainsRegex("What failed +Could not start service NetEbpfExt .step 3 of 8"));
  EXPECT_THAT(text, HasSubstr("StartService gave 577 (ERROR_INVALID_IMAGE_HASH)"));
  EXPECT_THAT(text, HasSubstr("refuses the driver's signature"));
  EXPECT_THAT(text, HasSubstr("learn.microsoft.com"));
  EXPECT_THAT(text, HasSubstr("sc.exe qc \"NetEbpfExt\""));
  EXPECT_THAT(text, ContainsRegex("The process +It ended by itself"));
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 40) << text;
}

TEST_F(ExplainUpdate, One_that_was_undone_by_any_of_its_transactions) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const std::int64_t enabled = last_id();
  const std::string text = explained(vm_);
  EXPECT_THAT(text, HasSubstr("1.0.0 -> 1.1.0 (transactions 3, 4, 5, 6, 7)"));
  EXPECT_THAT(text, HasSubstr("enable repeats this failure, and starts what of 1.0.0"));
  for (std::int64_t id = enabled - 3; id <= enabled; ++id)
    EXPECT_EQ(explained(vm_, id), text) << id;
  const Explanation facts = explanation(vm_);
  EXPECT_EQ(facts.transaction.id, enabled);
  EXPECT_EQ(facts.version, "1.0.0");
  EXPECT_EQ(facts.before, "1.0.0");
  EXPECT_THAT(facts.not_undone, IsEmpty());
  // The disable before the update stopped eBPF; its undo started it.
  EXPECT_GT(facts.outage.ebpf.ms, 0);
  EXPECT_EQ(facts.outage.ebpf.since, "");
  EXPECT_GE(facts.outage.proxy.ms, facts.outage.ebpf.ms);
}

// From the first driver's stop to the last one's start, as somebody sees it who watches the calls.
TEST_F(ExplainUpdate, How_long_eBPF_and_GuestProxyAgent_were_down) {
  std::int64_t stopped = 0;
  std::int64_t started = 0;
  Watch watch([&](const machine::Call& call) {
    if (call.object == "GuestProxyAgent") return;
    if (call.name == "services.stop" && stopped == 0) stopped = vm_.clock_ms();
    if (call.name == "services.start") started = vm_.clock_ms();
  });
  for (const lab::Call& call : update_.all()) {
    const auto reply = vm_.run(call.command, *call.package, &watch);
    ASSERT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  }
  const Explanation facts = explanation(vm_, last_id());
  constexpr double kStepsMs = 2'000;  // a stop and a start take their time
  EXPECT_NEAR(static_cast<double>(facts.outage.ebpf.ms), static_cast<double>(started - stopped),
              kStepsMs);
  EXPECT_EQ(facts.outage.ebpf.since, "");
  EXPECT_EQ(facts.outage.proxy.since, "");
  for (const product::Downtime& down : {facts.outage.ebpf, facts.outage.proxy}) {
    std::int64_t together = 0;
    for (const product::DownInterval& interval : down.intervals)
      together += text::utc_ms(interval.to) - text::utc_ms(interval.from);
    EXPECT_EQ(together, down.ms);
  }
}

TEST_F(Explain, What_is_down_still_is_said) {
  enabled();
  must(commands::Command::kDisable);
  const Explanation facts = explanation(vm_, last_id());
  EXPECT_NE(facts.outage.ebpf.since, "");
  EXPECT_EQ(facts.outage.ebpf.intervals.back().from, facts.outage.ebpf.since);
  EXPECT_EQ(facts.outage.ebpf.intervals.back().to, "");
  EXPECT_THAT(explained(vm_, last_id()), HasSubstr("no start is recorded"));
}

// GuestProxyAgent ran before and is left stopped; eBPF never ran.
TEST_F(Explain, A_first_enable_that_fails_took_down_only_what_it_left_stopped) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  vm_.set("service:GuestProxyAgent", {"start-fails=1067"});
  const std::string said = text(fails(commands::Command::kEnable, ExitCode::kStartDriver));
  ASSERT_EQ(state("GuestProxyAgent"), "stopped");
  const Explanation facts = explanation(vm_);
  EXPECT_THAT(facts.outage.ebpf.intervals, IsEmpty());
  EXPECT_EQ(facts.outage.ebpf.since, "");
  EXPECT_NE(facts.outage.proxy.since, "");
  EXPECT_THAT(said,
              ContainsRegex("Down: eBPF 0\\.0 s; GuestProxyAgent 0\\.0 s, and since 20[0-9]+-"));
  for (const std::string& told : {said, explained(vm_)}) {
    EXPECT_THAT(told,
                ContainsRegex("Left alone: Service GuestProxyAgent, which ran, does not start"));
    EXPECT_THAT(told, Not(HasSubstr("changed by somebody else")));
  }
  const journal::Reader reader(vm_.journal_path().string());
  const auto events = support::events_of(reader, *reader.newest_transaction(), {"1.0.0.1", 7});
  const auto message = nlohmann::json::parse(events.at(0).at("Message").get<std::string>());
  EXPECT_EQ(message.at("ebpf_down_ms"), 0);
  EXPECT_TRUE(message.at("ebpf_down_since").is_null());
  EXPECT_EQ(message.at("proxy_down_ms"), 0);
  EXPECT_EQ(message.at("proxy_down_since"), facts.outage.proxy.since);
}

// The disable before the update stopped eBPF, its undo started it.
TEST_F(ExplainUpdate, Every_page_gives_the_same_time_for_which_eBPF_was_down) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const product::Outage outage = explanation(vm_).outage;
  const auto expect_same = [&outage](const nlohmann::json& json) {
    EXPECT_EQ(json.at("ebpf_down_ms"), outage.ebpf.ms) << json;
    EXPECT_EQ(json.at("proxy_down_ms"), outage.proxy.ms) << json;
  };
  const std::vector<journal::Step> disable = vm_.steps(3);
  ASSERT_THAT(outage.ebpf.intervals, testing::Not(IsEmpty()));
  EXPECT_GE(outage.ebpf.intervals.front().from, disable.front().ended_at);
  EXPECT_LE(outage.ebpf.intervals.front().from, disable.back().ended_at);
  const journal::Reader reader(vm_.journal_path().string());
  expect_same(support::operation_json(reader, operations().back().id));
  const auto events = support::events_of(reader, *reader.newest_transaction(), {"1.0.0.1", 7});
  expect_same(nlohmann::json::parse(events.at(0).at("Message").get<std::string>()));
  const std::string newest = support::newest_ndjson(reader, 40, 1'000'000);
  std::istringstream lines(newest);
  nlohmann::json update;
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json.at("record") == "operation") update = json;
  }
  EXPECT_EQ(update.at("kind"), "update");
  expect_same(update);
  std::ostringstream page;
  support::write_html(reader, {}, page);
  EXPECT_THAT(page.str(), HasSubstr("<td class=\"n wide\">" +
                                    support::seconds_text(outage.ebpf.ms) + " s</td>"));
}

// An error in an older step is not that which ended it.
TEST_F(Explain, The_step_that_failed_is_the_same_on_every_page) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  lab::change_past_triggers(vm_.journal_path().string(),
                            "UPDATE step SET error = (SELECT cause FROM txn WHERE id = 2) "
                            "WHERE txn_id = 2 AND position = 1");
  EXPECT_EQ(explanation(vm_).failed_step->target, "NetEbpfExt");
  const journal::Reader reader(vm_.journal_path().string());
  const auto events = support::events_of(reader, *reader.newest_transaction(), {"1.0.0.1", 7});
  const auto message = nlohmann::json::parse(events.at(0).at("Message").get<std::string>());
  EXPECT_EQ(message.at("step").at("target"), "NetEbpfExt");
}

TEST_F(Explain, A_process_that_died_and_a_restart_of_the_VM_are_told_apart) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  const std::int64_t dead = last_id();
  EXPECT_THAT(explanation(vm_).end, HasSubstr("runs still, or was killed"));
  must(commands::Command::kEnable);
  EXPECT_THAT(explanation(vm_, dead).end, HasSubstr("It died; why is not known"));
  EXPECT_TRUE(explanation(vm_, dead).died);

  must(commands::Command::kDisable);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  const std::int64_t cut = last_id();
  vm_.reboot();
  must(commands::Command::kEnable);
  EXPECT_THAT(explanation(vm_, cut).end, HasSubstr("the VM was restarted"));
}

TEST_F(Explain, The_VM_Agents_limit_is_suspected_where_the_time_was_over) {
  must(commands::Command::kInstall);
  killed(commands::Command::kEnable, "services.start#1:kill-after");
  const Explanation early = explanation(vm_);
  // Its last sign of life, as that of a process that waited.
  lab::change_past_triggers(
      vm_.journal_path().string(),
      "INSERT INTO event (txn_id, at, level, text) VALUES (" + std::to_string(last_id()) + ", '" +
          text::utc_text(text::utc_ms(early.transaction.started_at) + 290'000) +
          "', 'info', 'waiting')");
  const std::int64_t dead = last_id();
  must(commands::Command::kEnable);
  EXPECT_THAT(explanation(vm_, dead).end, HasSubstr("the VM Agent's limit was over"));
  EXPECT_EQ(explanation(vm_, dead).ran_ms, 290'000);
}

TEST_F(Explain, A_refusal_and_a_machine_on_which_nothing_failed) {
  must(commands::Command::kInstall);
  EXPECT_THAT(explained(vm_), HasSubstr("Nothing failed."));
  behind([](machine::Machine& m) {
    m.registry().set(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate",
                     {machine::RegistryType::kDword, "1"});
  });
  const lab::Package other = package("1.1.0");
  fails(commands::Command::kUpdate, ExitCode::kRefusedByPolicy, other);
  const std::string text = explained(vm_);
  EXPECT_THAT(text, HasSubstr("refused, exit code 1006"));
  EXPECT_THAT(text, HasSubstr("EbpfDisableRuntimeUpdate"));
  EXPECT_THAT(text, HasSubstr("Undone        0 steps."));
}

TEST_F(Explain, An_id_that_the_journal_does_not_hold_is_refused) {
  must(commands::Command::kInstall);
  const auto failure = errors::failure_in([&] { explained(vm_, 99); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code(), ExitCode::kUsage);
  EXPECT_THAT(failure->message(), HasSubstr("99"));
}

TEST_F(Explain, As_JSON_it_has_the_same_facts) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"start-fails=577"});
  fails(commands::Command::kEnable, ExitCode::kStartDriver);
  const journal::Reader reader(vm_.journal_path().string());
  const auto facts = nlohmann::json::parse(support::explain_json(reader, std::nullopt).dump());
  EXPECT_EQ(facts.at("transaction"), 2);
  EXPECT_EQ(facts.at("code"), 1013);
  EXPECT_EQ(facts.at("cause").at("system").at("code"), 577);
  EXPECT_EQ(facts.at("means").at("name"), "ERROR_INVALID_IMAGE_HASH");
  EXPECT_EQ(facts.at("process").at("died"), false);
  EXPECT_FALSE(facts.at("commands").empty());
}

TEST(SystemCodes, Each_has_a_meaning_a_source_and_a_place_to_look_and_none_is_there_twice) {
  std::set<std::pair<support::CodeOf, std::uint32_t>> seen;
  EXPECT_GE(support::system_codes().size(), 40U);
  for (const support::SystemCode& row : support::system_codes()) {
    EXPECT_TRUE(seen.insert({row.of, row.code}).second) << row.name;
    EXPECT_TRUE(row.meaning.ends_with(".")) << row.name;
    EXPECT_THAT(std::string(row.source), ContainsRegex("^[a-z.]+/.+"));
    for (const char* object : {"EbpfCore", R"(C:\Program Files\x\a.dll)", ""})
      EXPECT_NE(support::commands_to_look(row.look_at, object), "") << row.name;
  }
}

TEST(SystemCodes, An_HRESULT_of_a_Windows_code_is_that_code_and_SQLites_are_its_own) {
  const auto name = [](const char* api, std::int64_t code) {
    const auto* row = support::system_code({api, code, ""});
    return row == nullptr ? std::string("unknown") : std::string(row->name);
  };
  EXPECT_EQ(name("RegisterTaskDefinition", 0x80070005), "ERROR_ACCESS_DENIED");
  EXPECT_EQ(name("RegisterTaskDefinition", -2147024891), "ERROR_ACCESS_DENIED");
  EXPECT_EQ(name("sqlite3_step", 13), "SQLITE_FULL");
  EXPECT_EQ(name("sqlite3_step", 778), "SQLITE_IOERR");  // SQLITE_IOERR_WRITE
  EXPECT_EQ(name("StartService", 13), "unknown");
}

// A name comes from the machine, and the commands are pasted into a shell.
TEST(SystemCodes, A_hostile_name_is_never_put_into_a_command) {
  for (const support::SystemCode& row : support::system_codes()) {
    for (const char* object : {"a\" & shutdown /s", "C:\\x'; calc; '", "C:\\%TEMP%\\x", "a\nb",
                               "C:\\`calc`", "C:\\x$(calc)"})
      EXPECT_THAT(support::commands_to_look(row.look_at, object), Not(HasSubstr(object)));
  }
}

}  // namespace
}  // namespace engine
