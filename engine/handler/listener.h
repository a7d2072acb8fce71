#pragma once

#include <optional>
#include <vector>

#include "engine/handler/progress.h"
#include "engine/planning/command_plan.h"
#include "engine/product/installation_change.h"
#include "engine/product/last_look.h"
#include "engine/transaction/listener.h"
#include "engine/transaction/outcome.h"

namespace engine::handler {

// Compares the machine with what the command expects, and informs the reports. For a command that
// writes no status it does not read the component status.
class CommandListener final : public transaction::Listener {
 public:
  // All three must outlive the listener. `expects`: the plan's expectation.
  CommandListener(const Context& at, const Progress& progress, const planning::Expectation& expects)
      : at_(at), progress_(progress), expects_(expects) {}

  void on_begin() override;
  void on_step() override;
  transaction::Judgement judge(machine::Deadline deadline, std::int64_t started_utc_ms) override;
  void look_last() override;
  void on_undo() override { seen_.reset(); }
  actions::Json component_status(const product::InstallationChange& change,
                                 const std::optional<errors::Failure>& cause,
                                 const std::vector<transaction::GivenUp>& given_up) override;

 private:
  const Context& at_;
  const Progress& progress_;
  const planning::Expectation& expects_;
  std::int64_t told_ms_ = 0;               // when the status was written last; monotonic
  std::optional<product::LastLook> seen_;  // the reports use it, so that they do not contradict it
};

}  // namespace engine::handler
