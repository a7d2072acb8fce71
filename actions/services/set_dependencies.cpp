#include "actions/services/set_dependencies.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/machine/paths.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

using Names = std::vector<std::string>;

bool are_same(const Names& a, const Names& b) {
  return std::ranges::equal(a, b, machine::equal_names);
}

std::optional<Names> captured_dependencies(const Json& before) {
  const Fields fields("before-image of set-dependencies", before);
  if (!fields.has("depends_on")) return std::nullopt;
  return fields.texts("depends_on");
}

std::string in_words(const Names& names) {
  if (names.empty()) return "nothing";
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

}  // namespace

SetDependencies::SetDependencies(std::string name, Names depends_on)
    : name_(std::move(name)), depends_on_(std::move(depends_on)) {}

std::unique_ptr<Action> SetDependencies::from_parameters(const Json& parameters) {
  const Fields fields("parameters of set-dependencies", parameters);
  return std::make_unique<SetDependencies>(fields.name("name"), fields.texts("depends_on"));
}

Json SetDependencies::parameters() const { return {{"name", name_}, {"depends_on", depends_on_}}; }

std::string SetDependencies::sentence() const {
  return "Make service " + name_ + " depend on " + in_words(depends_on_);
}

std::string SetDependencies::undo_sentence() const {
  return "Restore the dependencies of " + name_;
}

Json SetDependencies::capture(machine::Machine& machine) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kCreateService, [&]() -> Json {
    const auto config = machine.services().config(name_);
    if (!config) return {{"depends_on", nullptr}};
    return {{"depends_on", config->depends_on}};
  });
}

Json SetDependencies::apply(machine::Machine& machine, const Json& /*before*/,
                            Deadline /*deadline*/) const {
  const std::string phrase = "while setting the dependencies of " + name_;
  return in_context(phrase, ExitCode::kCreateService, [&]() -> Json {
    auto config = machine.services().config(name_);
    if (!config) {
      throw Failure(ExitCode::kCreateService, name_, "set the dependencies of " + name_,
                    {"OpenService", 1060, "the service is not registered"});
    }
    if (!are_same(config->depends_on, depends_on_)) {
      config->depends_on = depends_on_;
      machine.services().change(name_, *config);
    }
    return {{"depends_on", config->depends_on}};
  });
}

UndoResult SetDependencies::undo(machine::Machine& machine, const Json& before_image,
                                 const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while restoring the dependencies of " + name_;
  return in_context(phrase, ExitCode::kCreateService, [&] {
    UndoResult result;
    const auto before = captured_dependencies(before_image);
    if (!before) return result;  // absent: nothing was set
    auto config = machine.services().config(name_);
    if (!config) {
      result.foreign.push_back("Service " + name_ + " was removed by somebody else; left so");
    } else if (are_same(config->depends_on, depends_on_) && config->depends_on != *before) {
      config->depends_on = *before;
      machine.services().change(name_, *config);
    } else if (!are_same(config->depends_on, *before)) {
      result.foreign.push_back("Service " + name_ + " was made to depend on " +
                               in_words(config->depends_on) + " by somebody else; left so");
    }
    return result;
  });
}

Probe SetDependencies::probe(machine::Machine& machine, const Json& before_image,
                             const Json& after) const {
  const std::string phrase = "while looking at service " + name_;
  return in_context(phrase, ExitCode::kCreateService, [&] {
    const auto before = captured_dependencies(before_image);
    const auto config = machine.services().config(name_);
    if (!config) return before ? Probe::kForeign : Probe::kBefore;
    const bool is_after = are_same(config->depends_on, depends_on_);
    const bool is_before = before && are_same(config->depends_on, *before);
    if (is_before && !(is_after && !after.is_null())) return Probe::kBefore;
    return is_after ? Probe::kAfter : Probe::kForeign;
  });
}

}  // namespace actions
