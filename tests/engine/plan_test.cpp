// `plan`: what a command would do, and how each step is undone; changes nothing.
#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/handler/run.h"

#include "actions/machine/simulated/simulated_machine.h"
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
  EXPECT_THAT(shown.text, HasSubstr("install 1.0.0: 10 steps\n1. "));
  std::size_t undos = 0;
  for (std::size_t at = 0; (at = shown.text.find("\n   undo: ", at)) != std::string::npos; ++at)
    ++undos;
  EXPECT_EQ(undos, 10U);
  EXPECT_EQ(vm_.snapshot(), before);
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
    for (const char* key : {"kind", "target", "sentence", "undo"})
      EXPECT_FALSE(step.at(key).get<std::string>().empty()) << key;
  }
  EXPECT_EQ(vm_.transactions().size(), before);
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
