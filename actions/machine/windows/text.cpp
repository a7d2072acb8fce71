#include "actions/machine/windows/text.h"

#include <cstddef>
#include <cstdint>

namespace machine::windows {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;
constexpr std::uint32_t kFirstSurrogate = 0xd800;
constexpr std::uint32_t kFirstLowSurrogate = 0xdc00;
constexpr std::uint32_t kLastSurrogate = 0xdfff;
constexpr std::uint32_t kFirstPair = 0x10000;
constexpr std::uint32_t kLastCodePoint = 0x10ffff;

bool is_high(std::uint32_t unit) { return unit >= kFirstSurrogate && unit < kFirstLowSurrogate; }
bool is_low(std::uint32_t unit) { return unit >= kFirstLowSurrogate && unit <= kLastSurrogate; }

// The code point at `at`, which moves behind it.
std::uint32_t next(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || text.size() - at < static_cast<std::size_t>(more))
    return kReplacement;
  constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, kFirstPair};
  std::uint32_t point = first & (0x3fU >> static_cast<unsigned>(more));
  for (int i = 0; i < more; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + static_cast<std::size_t>(i)]);
    if ((byte & 0xc0U) != 0x80U) return kReplacement;
    point = (point << 6U) | (byte & 0x3fU);
  }
  if (point < kSmallest[more] || point > kLastCodePoint) return kReplacement;
  at += static_cast<std::size_t>(more);
  return point;
}

void append(std::string& text, std::uint32_t point) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((point >> shift) & 0x3fU));
  };
  if (point < 0x80) {
    text += static_cast<char>(point);
  } else if (point < 0x800) {
    text += static_cast<char>(0xc0U | (point >> 6U));
    tail(0);
  } else if (point < kFirstPair) {
    text += static_cast<char>(0xe0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xf0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::wstring wide(std::string_view utf8) {
  std::wstring text;
  text.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size();) {
    std::uint32_t point = next(utf8, at);
    if (point >= kFirstPair) {
      point -= kFirstPair;
      text += static_cast<wchar_t>(kFirstSurrogate + (point >> 10U));
      point = kFirstLowSurrogate + (point & 0x3ffU);
    }
    text += static_cast<wchar_t>(point);
  }
  return text;
}

std::string utf8(std::wstring_view wide) {
  std::string text;
  text.reserve(wide.size());
  for (std::size_t at = 0; at < wide.size(); ++at) {
    std::uint32_t point = wide[at];
    if (is_high(point) && at + 1 < wide.size() && is_low(wide[at + 1])) {
      point = kFirstPair + ((point - kFirstSurrogate) << 10U) + (wide[at + 1] - kFirstLowSurrogate);
      ++at;
    }
    append(text, point);
  }
  return text;
}

}  // namespace machine::windows
