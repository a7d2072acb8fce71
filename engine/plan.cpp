#include "engine/plan.h"

namespace engine {

void write_settlement(journal::Commit& commit, const Settlement& settlement) {
  if (settlement.forget_all_owned) commit.forget_all_owned();
  for (const journal::Owned& owned : settlement.put_owned)
    commit.put_owned(owned);
  for (const auto& [key, value] : settlement.put_meta)
    commit.put_meta(key, value);
  for (const std::string& key : settlement.forget_meta)
    commit.forget_meta(key);
}

void Plan::add(std::unique_ptr<actions::Action> action, Share share) {
  steps.push_back(PlannedStep{std::move(action), true, share});
}

void Plan::add_best_effort(std::unique_ptr<actions::Action> action, Share share) {
  steps.push_back(PlannedStep{std::move(action), false, share});
}

}  // namespace engine
