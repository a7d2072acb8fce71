#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json/json.h"

namespace browser {

struct Look {
  std::string scheme = "light";
  int width = 1280;
  bool script = true;  // the page's own runs
};

// What a visit finds: the values of what was asked, in order; errors of console and script; the
// addresses that the browser asked for.
struct Found {
  std::vector<nlohmann::json> answers;
  std::vector<std::string> errors;
  std::vector<std::string> requests;
};

// Opens the page in a browser of its own and does these steps (visit.py). `folder`: for the
// browser's own files. Fails the test where the visit fails.
Found visit(const std::filesystem::path& page, const std::filesystem::path& folder,
            const Look& look, const nlohmann::json& steps);

}  // namespace browser
