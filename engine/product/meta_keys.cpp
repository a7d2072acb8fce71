#include "engine/product/meta_keys.h"

#include "json/json.h"

namespace engine::product {

std::vector<std::string> strings_from_text(const std::optional<std::string>& text) {
  const auto list = text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
  return list.is_array() ? list.get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace engine::product
