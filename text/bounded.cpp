#include "text/bounded.h"

namespace text {

std::string bounded(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  constexpr unsigned char kTopBits = 0xC0;
  constexpr unsigned char kContinuation = 0x80;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & kTopBits) == kContinuation)
    --end;
  text.resize(end);
  return text + "...";
}

}  // namespace text
