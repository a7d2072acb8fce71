#include "actions/services/service_key.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "actions/context.h"
#include "actions/machine/paths.h"

namespace actions::services {
namespace {

// Values of the key itself that the manager writes from its own fields, and its mark for deletion;
// folded.
constexpr std::array<std::string_view, 12> kOfTheManager{
    "type",        "start",          "errorcontrol",     "imagepath",
    "displayname", "objectname",     "dependonservice",  "dependongroup",
    "description", "servicesidtype", "delayedautostart", "deleteflag"};

// ERROR_ACCESS_DENIED: security software protects the key.
constexpr std::int64_t kKeyAccessDenied = 5;

std::string key_of(const std::string& service) {
  return machine::join(R"(HKLM\SYSTEM\CurrentControlSet\Services)", service);
}

bool is_kept_elsewhere(const std::string& below, const std::string& value) {
  const std::string folded = machine::fold_case(below);
  if (folded == "enum" || folded.starts_with("enum\\")) return true;
  return below.empty() &&
         std::ranges::find(kOfTheManager, machine::fold_case(value)) != kOfTheManager.end();
}

}  // namespace

std::vector<ServiceKeyValue> service_key_values(machine::Machine& machine,
                                                const std::string& service) {
  std::vector<ServiceKeyValue> values;
  const std::string top = key_of(service);
  for (const auto& content : machine.registry().subtree(top)) {
    const std::string below = content.key.substr(std::min(top.size() + 1, content.key.size()));
    for (const auto& [name, value] : content.values) {
      if (!is_kept_elsewhere(below, name)) values.push_back({below, {name, value}});
    }
  }
  return values;
}

void restore_service_key(machine::Machine& machine, const std::string& service,
                         const std::vector<ServiceKeyValue>& values, bool made_anew,
                         UndoResult& result) {
  for (const auto& [below, before] : values) {
    const std::string key = below.empty() ? key_of(service) : machine::join(key_of(service), below);
    const auto left = made_anew ? machine.registry().get(key, before.name) : std::nullopt;
    try {
      registry::restore_value(machine, key, before.name, before.value, left, result);
    } catch (const errors::Failure& failure) {
      if (!has_code(failure, kKeyAccessDenied)) throw;
      result.foreign.push_back("The value " + before.name + " of " + key +
                               " is protected against us and is left: " + failure.message());
    }
  }
}

}  // namespace actions::services
