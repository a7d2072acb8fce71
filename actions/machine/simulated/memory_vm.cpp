#include "actions/machine/simulated/memory_vm.h"

#include <algorithm>
#include <utility>

namespace machine::simulated {

const std::string& MemoryVm::SavedState::text() const {
  if (text_.empty()) text_ = to_json(state_).dump();
  return text_;
}

bool MemoryVm::Value::operator==(const Value& other) const {
  const bool same_state = state == other.state || state->text() == other.state->text();
  const bool same_effects = effects == other.effects || *effects == *other.effects;
  return same_state && same_effects && files == other.files;
}

MemoryVm::MemoryVm(std::string home, const VmOptions& options) : home_(std::move(home)) {
  value_.effects = std::make_shared<std::vector<disk::Effect>>();
  tree_.make_folder("/C");
  value_.state = std::make_shared<const SavedState>(furnish(drive_, options));
}

MemoryVm::MemoryVm(std::string home, Value value)
    : home_(std::move(home)), value_(std::move(value)) {}

void MemoryVm::put(Value value) {
  value_ = std::move(value);
  ++generation_;
}

void MemoryVm::Effects::append(const disk::Effect& effect) {
  auto& effects = vm_.value_.effects;
  if (effects.use_count() > 1) effects = std::make_shared<std::vector<disk::Effect>>(*effects);
  effects->push_back(effect);
  vm_.changed();
}

void MemoryVm::Effects::replace(const std::vector<disk::Effect>& effects) {
  vm_.value_.effects = std::make_shared<std::vector<disk::Effect>>(effects);
  vm_.changed();
}

void MemoryHome::enter() {
  if (generation_ == vm_.generation_) return;
  const std::int64_t clock = state_.clock_ms;
  state_ = vm_.value_.state->state();
  state_.clock_ms = std::max(state_.clock_ms, clock);  // calls that changed nothing took time too
  generation_ = vm_.generation_;
}

void MemoryHome::save() {
  vm_.value_.state = std::make_shared<const MemoryVm::SavedState>(state_);
  generation_ = ++vm_.generation_;
  vm_.changed();
}

}  // namespace machine::simulated
