#pragma once

#include <string>

#include "json/json.h"

namespace engine::reports {

// JSON as this program prints and writes it: in UTF-8, each level indented by two, with a line's
// end; bytes that are no UTF-8 are replaced.
inline std::string printed(const nlohmann::json& json) {
  constexpr int kIndent = 2;
  return json.dump(kIndent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace engine::reports
