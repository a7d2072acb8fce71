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
  const auto list = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  if (!list.is_array()) return stopped;
  for (const nlohmann::json& entry : list) {
    if (!entry.is_object() || !entry.contains("name") || !entry.contains("before")) continue;
    stopped.push_back({entry.at("name").get<std::string>(), entry.at("before")});
  }
  return stopped;
}

std::vector<std::string> strings_from_text(const std::optional<std::string>& text) {
  const auto list = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  return list.is_array() ? list.get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace engine::product
