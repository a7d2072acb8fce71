#include "text/check_sum.h"

#include <array>
#include <cstdint>

namespace text {
namespace {

constexpr std::uint64_t kBasis = 0xcbf29ce484222325U;
constexpr std::uint64_t kPrime = 0x100000001b3U;

std::uint64_t hashed(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes)
    hash = (hash ^ static_cast<unsigned char>(byte)) * kPrime;
  return hash;
}

}  // namespace

std::string check_sum(std::initializer_list<std::string_view> fields) {
  std::uint64_t hash = kBasis;
  for (const std::string_view field : fields) {
    hash = hashed(hash, std::to_string(field.size()) + ":");
    hash = hashed(hash, field);
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (int shift = 60; shift >= 0; shift -= 4)
    digits += kDigits[(hash >> static_cast<unsigned>(shift)) & 0xfU];
  return digits;
}

}  // namespace text
