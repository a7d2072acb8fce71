#include "text/printable.h"

namespace text {

std::string printable(std::string_view name, std::size_t max) {
  std::string text;
  for (const char c : name.substr(0, max)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte > 0x7e ? '?' : c;
  }
  return name.size() > max ? text + "..." : text;
}

}  // namespace text
