#include "text/utf16.h"

#include <cstdint>

namespace text {
namespace {

void append_utf8(std::string& text, std::uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const auto tail = [code](unsigned shift) {
    return static_cast<char>(0x80U | ((code >> shift) & 0x3fU));
  };
  if (code < 0x800) {
    text += static_cast<char>(0xc0U | (code >> 6U));
  } else {
    if (code < 0x10000) {
      text += static_cast<char>(0xe0U | (code >> 12U));
    } else {
      text += static_cast<char>(0xf0U | (code >> 18U));
      text += tail(12);
    }
    text += tail(6);
  }
  text += tail(0);
}

}  // namespace

std::optional<std::string> utf8_of_utf16(std::u16string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t unit = text[i];
    if (unit < 0xd800 || unit > 0xdfff) {
      append_utf8(result, unit);
      continue;
    }
    const std::uint32_t next = i + 1 < text.size() ? text[i + 1] : 0U;
    if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff) return std::nullopt;
    append_utf8(result, 0x10000U + ((unit - 0xd800U) << 10U) + (next - 0xdc00U));
    ++i;
  }
  return result;
}

std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char letter : utf8) {
    const auto byte = static_cast<unsigned char>(letter);
    const bool continues = (byte & 0xc0U) == 0x80U;
    units += continues ? 0 : byte >= 0xf0U ? 2 : 1;
  }
  return units;
}

}  // namespace text
