#include "text/check_sum.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "text/hex.h"

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
  std::array<unsigned char, sizeof(hash)> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; hash >>= 8U)
    bytes[i] = static_cast<unsigned char>(hash & 0xffU);
  return to_hex(bytes);
}

}  // namespace text
