#include "actions/registry/unregister_netsh_helper.h"

#include <optional>
#include <utility>
#include <vector>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/registry/netsh_helpers.h"
#include "actions/registry/registry_image.h"

namespace actions {
namespace {

using errors::ExitCode;

std::vector<NetshHelper> captured_helpers(const Json& before) {
  std::vector<NetshHelper> helpers;
  const Fields fields("before-image of unregister-netsh-helper", before);
  for (const Fields& helper : fields.objects("helpers"))
    helpers.push_back({helper.any_text("name"), read_value(helper)});
  return helpers;
}

}  // namespace

UnregisterNetshHelper::UnregisterNetshHelper(std::string dll) : dll_(std::move(dll)) {}

std::unique_ptr<Action> UnregisterNetshHelper::from_parameters(const Json& parameters) {
  return std::make_unique<UnregisterNetshHelper>(
      Fields("parameters of unregister-netsh-helper", parameters).absolute("dll"));
}

Json UnregisterNetshHelper::parameters() const { return {{"dll", dll_}}; }

std::string UnregisterNetshHelper::sentence() const { return "Remove netsh helper " + dll_; }

std::string UnregisterNetshHelper::undo_sentence() const { return "Register it again"; }

Json UnregisterNetshHelper::capture(machine::Machine& machine) const {
  return in_context("while looking at netsh helpers", ExitCode::kRemoveNetshHelper, [&]() -> Json {
    Json helpers = Json::array();
    for (const NetshHelper& helper : netsh_helpers_like(machine, dll_)) {
      if (!is_helper(helper, dll_)) continue;
      Json row = value_image(helper.value);
      row["name"] = helper.name;
      helpers.push_back(row);
    }
    return {{"helpers", helpers}};
  });
}

Json UnregisterNetshHelper::apply(machine::Machine& machine, const Json& before,
                                  Deadline /*deadline*/) const {
  const std::string phrase = "while removing netsh helper " + dll_;
  return in_context(phrase, ExitCode::kRemoveNetshHelper, [&]() -> Json {
    for (const NetshHelper& helper : captured_helpers(before))
      machine.registry().remove_value(kNetshKey, helper.name);
    return {{"helpers", Json::array()}};
  });
}

UndoResult UnregisterNetshHelper::undo(machine::Machine& machine, const Json& before,
                                       const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while registering netsh helper " + dll_ + " again";
  return in_context(phrase, ExitCode::kAddNetshHelper, [&] {
    UndoResult result;
    for (const NetshHelper& helper : captured_helpers(before))
      restore_value(machine, kNetshKey, helper.name, helper.value, std::nullopt, result);
    return result;
  });
}

Probe UnregisterNetshHelper::probe(machine::Machine& machine, const Json& before,
                                   const Json& after) const {
  return in_context("while looking at netsh helpers", ExitCode::kRemoveNetshHelper, [&] {
    const auto helpers = captured_helpers(before);
    std::size_t there = 0;
    for (const NetshHelper& helper : helpers) {
      const auto now = machine.registry().get(kNetshKey, helper.name);
      if (now && *now != helper.value) return Probe::kForeign;
      if (now) ++there;
    }
    if (helpers.empty()) return after.is_null() ? Probe::kBefore : Probe::kAfter;
    if (there == helpers.size()) return Probe::kBefore;
    return there == 0 ? Probe::kAfter : Probe::kBetween;
  });
}

}  // namespace actions
