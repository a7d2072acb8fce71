#include "engine/transaction/plan.h"

#include <algorithm>
#include <iterator>

#include "actions/machine/paths.h"

namespace engine::transaction {

void Plan::add(std::unique_ptr<actions::Action> action, Share share) {
  PlannedStep step;
  step.action = std::move(action);
  step.share = share;
  steps.push_back(std::move(step));
}

void Plan::add_best_effort(std::unique_ptr<actions::Action> action, Share share) {
  add(std::move(action), share);
  steps.back().vital = false;
}

void Plan::add_first(std::unique_ptr<actions::Action> action) {
  add(std::move(action));
  std::rotate(steps.begin(), std::prev(steps.end()), steps.end());
}

void Plan::inherit(std::unique_ptr<actions::Action> action, actions::Json before) {
  add(std::move(action));
  steps.back().inherited = std::move(before);
}

void Plan::change_also(std::function<void(machine::Machine&, product::InstallationChange&)> more) {
  change = [earlier = std::move(change), more = std::move(more)](machine::Machine& at) {
    product::InstallationChange all = earlier ? earlier(at) : product::InstallationChange();
    more(at, all);
    return all;
  };
}

bool Plan::stops_anything() const {
  return std::any_of(steps.begin(), steps.end(),
                     [](const PlannedStep& step) { return step.action->kind() == "stop-service"; });
}

bool Plan::has(std::string_view kind, std::string_view target) const {
  return std::any_of(steps.begin(), steps.end(), [&](const PlannedStep& step) {
    return step.action->kind() == kind && machine::equal_names(step.action->target(), target);
  });
}

}  // namespace engine::transaction
