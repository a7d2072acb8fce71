#include "text/visible.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace text {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

// The first character of a text that is not empty.
Character first(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kLeast.at(bytes) || code > 0x10FFFF || is_surrogate) return {};
  return {code, bytes};
}

struct Range {
  std::uint32_t from;
  std::uint32_t to;
};
// Controls (9B begins an escape sequence), what turns the direction of a text, ends its lines or is
// not seen.
constexpr std::array kUnseen{
    Range{0x00, 0x08},     Range{0x0B, 0x1F},     Range{0x7F, 0x9F},      Range{0xAD, 0xAD},
    Range{0x034F, 0x034F}, Range{0x061C, 0x061C}, Range{0x115F, 0x1160},  Range{0x17B4, 0x17B5},
    Range{0x180B, 0x180F}, Range{0x200B, 0x200F}, Range{0x2028, 0x202E},  Range{0x2060, 0x206F},
    Range{0x3164, 0x3164}, Range{0xFE00, 0xFE0F}, Range{0xFEFF, 0xFEFF},  Range{0xFFA0, 0xFFA0},
    Range{0xFFF0, 0xFFFB}, Range{0xFFFE, 0xFFFF}, Range{0xE0000, 0xE0FFF}};

// Nearly all that there is.
bool is_plain(char letter) { return letter >= ' ' && letter <= '~'; }

bool is_unseen(std::uint32_t code) {
  return std::any_of(kUnseen.begin(), kUnseen.end(),
                     [code](const Range& range) { return code >= range.from && code <= range.to; });
}

// `sign`: 'u' or 'x'; so many hex digits of the value.
std::string escaped(char sign, std::uint32_t value, unsigned digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text{'\\', sign};
  for (unsigned digit = digits; digit-- > 0;)
    text += kHex[(value >> (4 * digit)) & 0xFU];
  return text;
}

// As JSON writes it: a character beyond the first 65,536 is a pair of UTF-16.
std::string escaped_character(std::uint32_t code) {
  constexpr std::uint32_t kFirstOfPairs = 0x10000;
  if (code < kFirstOfPairs) return escaped('u', code, 4);
  const std::uint32_t rest = code - kFirstOfPairs;
  return escaped('u', 0xD800 + (rest >> 10U), 4) + escaped('u', 0xDC00 + (rest & 0x3FFU), 4);
}

}  // namespace

std::string visible(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const auto plain = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
    shown += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const Character character = first(text);
    if (character.bytes == 0) {
      shown += escaped('x', static_cast<unsigned char>(text.front()), 2);
    } else if (is_unseen(character.code)) {
      shown += escaped_character(character.code);
    } else {
      shown += text.substr(0, character.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  return shown;
}

}  // namespace text
