#include "tests/lab/status_check.h"

#include <algorithm>
#include <array>
#include <string_view>
#include "json/json.h"

namespace lab {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 4> kVital{"EbpfCore", "NetEbpfExt", "eBPFSvc", "Files"};

std::string text_at(const json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : "";
}

}  // namespace

std::string contradiction_in(const std::string& text) {
  const json file = json::parse(text, nullptr, false);
  if (!file.is_array() || file.empty() || !file[0].is_object()) return "";
  const json status = file[0].value("status", json());
  if (text_at(status, "status") != "success") return "";
  for (const json& row : status.value("substatus", json::array())) {
    const std::string name = text_at(row, "name");
    const bool vital = std::find(kVital.begin(), kVital.end(), name) != kVital.end();
    if (vital && text_at(row, "status") == "error")
      return "status success over substatus error: " + row.dump();
  }
  return "";
}

}  // namespace lab
