#include "engine/product/meta.h"

namespace engine::product {

std::string to_text(const std::vector<Stopped>& stopped) {
  nlohmann::json list = nlohmann::json::array();
  for (const Stopped& service : stopped)
    list.push_back({{"name", service.name}, {"before", service.before}});
  return list.dump();
}

std::vector<Stopped> stopped_from_text(const std::optional<std::string>& text) {
  std::vector<Stopped> stopped;
  const auto list = text ? bounded::json(*text) : nlohmann::json();
  if (!list.is_array()) return stopped;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object() || !entry.contains("before")) continue;
    const auto name = entry.find("name");
    if (name == entry.end() || !name->is_string()) continue;
    stopped.push_back({name->get<std::string>(), entry.at("before")});
  }
  return stopped;
}

std::vector<std::string> strings_from_text(const std::optional<std::string>& text) {
  const auto list = text ? bounded::json(*text) : nlohmann::json();
  std::vector<std::string> strings;
  if (!list.is_array()) return strings;
  for (const nlohmann::json& entry : list) {
    if (entry.is_string()) strings.push_back(entry.get<std::string>());
  }
  return strings;
}

}  // namespace engine::product
