#include "engine/known.h"

#include <algorithm>

#include "actions/machine/paths.h"

namespace engine {

bool Known::owns_service(std::string_view name) const {
  return std::any_of(owned.begin(), owned.end(), [name](const journal::Owned& o) {
    return o.kind == "service" && machine::fold_case(o.name) == machine::fold_case(name);
  });
}

bool Known::stopped_by_us(std::string_view name) const {
  return std::any_of(disabled.begin(), disabled.end(), [name](const Stopped& stopped) {
    return machine::fold_case(stopped.name) == machine::fold_case(name);
  });
}

std::string to_text(const std::vector<Stopped>& stopped) {
  nlohmann::json list = nlohmann::json::array();
  for (const Stopped& service : stopped)
    list.push_back({{"name", service.name}, {"before", service.before}});
  return list.dump();
}

std::vector<Stopped> stopped_from_text(const std::optional<std::string>& text) {
  std::vector<Stopped> stopped;
  const auto list = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!list.is_array()) return stopped;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object() || !entry.contains("name") || !entry.contains("before")) continue;
    stopped.push_back({entry.at("name").get<std::string>(), entry.at("before")});
  }
  return stopped;
}

}  // namespace engine
