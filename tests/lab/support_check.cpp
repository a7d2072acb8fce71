#include "tests/lab/support_check.h"

#include <cstdint>
#include <map>
#include <regex>
#include <sstream>

#include "json/json.h"
#include "tests/lab/temporary_folder.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPairs = 3;
constexpr std::uintmax_t kMostBytes = 1'000'000;

std::string wrong_line(const fs::path& file) {
  std::istringstream text(read_file(file));
  int number = 0;
  for (std::string line; std::getline(text, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    const bool begins = ++number > 1 || (row.is_object() && row.value("record", "") == "journal");
    if (!row.is_object() || !row.contains("record") || !begins)
      return file.string() + ": line " + std::to_string(number) + " is no record";
  }
  return number == 0 ? file.string() + " is empty" : "";
}

}  // namespace

std::string wrong_with_copies(const fs::path& log_folder, bool read) {
  static const std::regex kName(R"((ebpf_handler_support_\d{8}T\d{9}Z_t\d+)\.(html|ndjson))");
  std::map<std::string, std::uintmax_t> pairs;  // the bytes of each
  fs::path newest;
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(log_folder, gone)) {
    std::smatch parts;
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("ebpf_handler_support_") || !std::regex_match(name, parts, kName))
      continue;
    pairs[parts[1]] += entry.file_size();
    if (parts[2] == "ndjson" && name > newest.filename().string()) newest = entry.path();
  }
  if (pairs.size() > kMostPairs) return std::to_string(pairs.size()) + " copies are kept";
  for (const auto& [name, bytes] : pairs) {
    if (bytes > kMostBytes) return name + " has " + std::to_string(bytes) + " bytes";
  }
  return read && !newest.empty() ? wrong_line(newest) : "";
}

}  // namespace lab
