// `plan`: what a command would do, and how each step is undone; changes nothing.
#include "actions/machine/simulated/simulated_machine.h"
#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/handler/run.h"
#include "engine/planning/plan_text.h"
#include "errors/failure.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

using testing::HasSubstr;

class PlanShown : public Bench {
 protected:
  planning::PlanText plan(commands::Command command) const {
    machine::simulated::SimulatedMachine machine(vm_.folder().string());
    handler::Request request;
    request.command = command;
    request.package_root = package_.root();
    request.handler_version = "1.0.0.1";
    return handler::show_plan(machine, request);
  }
};

TEST_F(PlanShown, Install_is_shown_with_each_steps_undo_and_changes_nothing) {
  const std::string before = vm_.snapshot();
  const planning::PlanText shown = plan(commands::Command::kInstall);
  EXPECT_THAT(shown.text, HasSubstr("install 1.0.0: 10 steps\nstage:\n1. "));
  std::size_t undos = 0;
  for (std::size_t at = 0; (at = shown.text.find("\n   undo: ", at)) != std::string::npos; ++at)
    ++undos;
  EXPECT_EQ(undos, 10U);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_FALSE(std::filesystem::exists(data("")));
}

TEST_F(PlanShown, As_JSON_it_has_kind_target_and_both_sentences) {
  must(commands::Command::kInstall);
  const auto before = vm_.transactions().size();
  const auto shown = nlohmann::json::parse(plan(commands::Command::kEnable).json.dump());
  EXPECT_EQ(shown["command"], "enable");
  EXPECT_EQ(shown["to_version"], "1.0.0");
  ASSERT_EQ(shown["steps"].size(), 8U);
  for (const auto& step : shown["steps"]) {
    for (const char* key : {"phase", "kind", "target", "sentence", "undo"})
      EXPECT_FALSE(step.at(key).get<std::string>().empty()) << key;
  }
  EXPECT_EQ(vm_.transactions().size(), before);
}

// The phases of a plan as it is shown, each once, with how many steps they have.
std::vector<std::pair<std::string, int>> phases_of(const planning::PlanText& shown) {
  std::vector<std::pair<std::string, int>> phases;
  for (const auto& step : shown.json.at("steps")) {
    const std::string phase = step.at("phase");
    if (phases.empty() || phases.back().first != phase) phases.emplace_back(phase, 0);
    ++phases.back().second;
  }
  return phases;
}

using Phases = std::vector<std::pair<std::string, int>>;

TEST_F(PlanShown, An_installs_phases_are_copy_change_extras) {
  EXPECT_EQ(phases_of(plan(commands::Command::kInstall)),
            (Phases{{"stage", 1}, {"change", 4}, {"extras", 5}}));
}

// Copied while everything runs; nothing changes before its users have stopped and no boot would
// start it; only what has started starts with the next boot; GuestProxyAgent comes last, and what
// is best effort behind it.
TEST_F(PlanShown, The_phases_of_an_update_in_one_command_keep_the_data_path_up_for_longest) {
  const lab::Package old = package("0.10.0");
  must(commands::Command::kInstall, old);
  must(commands::Command::kEnable, old);
  EXPECT_EQ(phases_of(plan(commands::Command::kEnable)), (Phases{{"arm", 1},
                                                                 {"guard", 2},
                                                                 {"stage", 1},
                                                                 {"stop", 3},
                                                                 {"hold", 2},
                                                                 {"change", 3},
                                                                 {"start", 5},
                                                                 {"enable at boot", 3},
                                                                 {"resume", 1},
                                                                 {"extras", 3},
                                                                 {"release", 2}}));
}

TEST_F(PlanShown, An_uninstall_takes_extras_off_before_the_files_that_they_are_made_of) {
  enabled();
  EXPECT_EQ(phases_of(plan(commands::Command::kUninstall)), (Phases{{"arm", 1},
                                                                    {"guard", 2},
                                                                    {"stop", 4},
                                                                    {"change", 4},
                                                                    {"take off", 5},
                                                                    {"remove", 1},
                                                                    {"resume", 1}}));
}

TEST_F(PlanShown, What_is_shown_is_what_is_done) {
  must(commands::Command::kInstall);
  const auto shown = plan(commands::Command::kEnable).json["steps"];
  must(commands::Command::kEnable);
  const auto done = vm_.steps(last_id());
  ASSERT_EQ(shown.size(), done.size());
  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(shown[i]["kind"], done[i].kind);
    EXPECT_EQ(shown[i]["target"], done[i].target);
  }
}

TEST_F(PlanShown, Nothing_to_do_is_said) {
  enabled();
  EXPECT_THAT(plan(commands::Command::kEnable).text, HasSubstr("enable 1.0.0: nothing to do\n"));
}

TEST_F(PlanShown, A_command_without_a_plan_is_usage) {
  for (commands::Command command : {commands::Command::kReset, commands::Command::kRecover}) {
    try {
      plan(command);
      FAIL() << "shown";
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.code(), ExitCode::kUsage);
    }
  }
}

TEST_F(PlanShown, It_refuses_what_the_command_would_refuse) {
  must(commands::Command::kInstall, package("1.1.0"));
  try {
    plan(commands::Command::kInstall);
    FAIL() << "shown";
  } catch (const errors::Failure& failure) {
    EXPECT_EQ(failure.code(), ExitCode::kDowngradeRefused);
  }
}

}  // namespace
}  // namespace engine
