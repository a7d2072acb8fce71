#include "actions/services/set_dependencies.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "text/joined.h"

namespace actions::services {
namespace {

using errors::ExitCode;
using errors::Failure;

using Names = std::vector<std::string>;

bool are_same(const Names& a, const Names& b) {
  return std::ranges::equal(a, b, machine::equal_names);
}

std::string in_words(const Names& names) { return names.empty() ? "nothing" : text::joined(names); }

}  // namespace

std::string SetDependencies::sentence() const {
  return "Make service " + given_.name + " depend on " + in_words(given_.depends_on);
}

Contexts SetDependencies::contexts() const {
  return {.capture = {"while looking at service " + given_.name, ExitCode::kCreateService},
          .apply = {"while setting the dependencies of " + given_.name, ExitCode::kCreateService},
          .undo = {"while restoring the dependencies of " + given_.name, ExitCode::kCreateService}};
}

SetDependencies::Before SetDependencies::find(Machine& machine) const {
  const auto config = machine.services().config(given_.name);
  return {config ? std::optional(config->depends_on) : std::nullopt};
}

SetDependencies::After SetDependencies::change(Machine& machine, const Before&, Deadline) const {
  auto config = machine.services().config(given_.name);
  if (!config) {
    throw Failure(ExitCode::kCreateService, given_.name, "set the dependencies of " + given_.name,
                  {"OpenService", 1060, "the service is not registered"});
  }
  if (!are_same(config->depends_on, given_.depends_on)) {
    config->depends_on = given_.depends_on;
    machine.services().change(given_.name, *config);
  }
  return {config->depends_on};
}

UndoResult SetDependencies::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                      Deadline) const {
  UndoResult result;
  if (!before.depends_on) return result;  // the service was absent: apply set nothing
  auto config = machine.services().config(given_.name);
  if (!config) {
    result.foreign.push_back("Service " + given_.name + " was removed by somebody else; left so");
  } else if (are_same(config->depends_on, given_.depends_on) &&
             config->depends_on != *before.depends_on) {
    config->depends_on = *before.depends_on;
    machine.services().change(given_.name, *config);
  } else if (!are_same(config->depends_on, *before.depends_on)) {
    result.foreign.push_back("Service " + given_.name + " was made to depend on " +
                             in_words(config->depends_on) + " by somebody else; left so");
  }
  return result;
}

Probe SetDependencies::compare(Machine& machine, const Before& before,
                               const AfterIfKnown& after) const {
  const auto config = machine.services().config(given_.name);
  if (!config) return before.depends_on ? Probe::kForeign : Probe::kBefore;
  const bool is_after = are_same(config->depends_on, given_.depends_on);
  const bool is_before = before.depends_on && are_same(config->depends_on, *before.depends_on);
  if (is_before && !(is_after && after)) return Probe::kBefore;
  return is_after ? Probe::kAfter : Probe::kForeign;
}

}  // namespace actions::services
