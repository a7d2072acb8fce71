#include "actions/services/set_start_type.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::StartType;

std::optional<StartType> captured_start_type(const Json& before) {
  const Fields fields("before-image of set-start-type", before);
  if (!fields.has("start")) return std::nullopt;
  return fields.start_type("start");
}

}  // namespace

SetStartType::SetStartType(std::string name, StartType start)
    : name_(std::move(name)), start_(start) {}

std::unique_ptr<Action> SetStartType::from_parameters(const Json& parameters) {
  const Fields fields("parameters of set-start-type", parameters);
  return std::make_unique<SetStartType>(fields.name("name"), fields.start_type("start"));
}

Json SetStartType::parameters() const {
  return {{"name", name_}, {"start", machine::to_text(start_)}};
}

std::string SetStartType::sentence() const {
  return "Set the start type of " + name_ + " to " + std::string(machine::to_text(start_));
}

std::string SetStartType::undo_sentence() const { return "Restore the start type of " + name_; }

Json SetStartType::capture(machine::Machine& machine) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kChangeStartType, [&]() -> Json {
    const auto config = machine.services().config(name_);
    if (!config) return {{"start", nullptr}};
    return {{"start", machine::to_text(config->start)}};
  });
}

Json SetStartType::apply(machine::Machine& machine, const Json& /*before*/,
                         Deadline /*deadline*/) const {
  const std::string phrase = "while setting the start type of " + name_;
  return in_context(phrase, ExitCode::kChangeStartType, [&]() -> Json {
    auto config = machine.services().config(name_);
    if (!config) {
      throw Failure(ExitCode::kChangeStartType, name_, "set the start type of " + name_,
                    {"OpenService", 1060, "the service is not registered"});
    }
    if (config->start != start_) {
      config->start = start_;
      machine.services().change(name_, *config);
    }
    return {{"start", machine::to_text(start_)}};
  });
}

UndoResult SetStartType::undo(machine::Machine& machine, const Json& before_image,
                              const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while restoring the start type of " + name_;
  return in_context(phrase, ExitCode::kChangeStartType, [&] {
    UndoResult result;
    const auto before = captured_start_type(before_image);
    if (!before) return result;  // absent: nothing was set
    auto config = machine.services().config(name_);
    if (!config) {
      result.foreign.push_back("Service " + name_ + " was removed by somebody else; left so");
    } else if (config->start == start_ && start_ != *before) {
      config->start = *before;
      machine.services().change(name_, *config);
    } else if (config->start != *before) {
      result.foreign.push_back("The start type of " + name_ + " was set to " +
                               std::string(machine::to_text(config->start)) +
                               " by somebody else and is left");
    }
    return result;
  });
}

Probe SetStartType::probe(machine::Machine& machine, const Json& before_image,
                          const Json& after) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kChangeStartType, [&] {
    const auto before = captured_start_type(before_image);
    const auto config = machine.services().config(name_);
    if (!config) return before ? Probe::kForeign : Probe::kBefore;
    const bool is_after = config->start == start_;
    if (before && config->start == *before && !(is_after && !after.is_null()))
      return Probe::kBefore;
    return is_after ? Probe::kAfter : Probe::kForeign;
  });
}

}  // namespace actions
