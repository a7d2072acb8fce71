#pragma once

#include <filesystem>
#include <string>

namespace journal {

// Native paths are UTF-8 everywhere in this project, on Windows too.
inline std::filesystem::path to_path(const std::string& utf8) {
  return {std::u8string(utf8.begin(), utf8.end())};
}

inline std::string to_utf8(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

}  // namespace journal
