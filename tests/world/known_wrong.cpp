#include "tests/world/known_wrong.h"

#include <algorithm>
#include <array>

namespace world {
namespace {

// Nothing is known. A row: {"F-04", "uninstall", Rule::kEndsWell, "core-marked"}.
constexpr std::array<KnownWrong, 0> kKnown{};

}  // namespace

std::span<const KnownWrong> known_wrong() { return kKnown; }

std::vector<std::string_view> worlds_of(const KnownWrong& row) {
  std::vector<std::string_view> names;
  for (std::string_view rest = row.worlds; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

bool is_known_wrong(std::string_view world, Rule rule) {
  return std::ranges::any_of(kKnown, [&](const KnownWrong& row) {
    return row.rule == rule && std::ranges::count(worlds_of(row), world) > 0;
  });
}

const KnownWrong* known_wrong(std::string_view world, std::string_view life, Rule rule) {
  const auto* row = std::ranges::find_if(kKnown, [&](const KnownWrong& r) {
    return r.life == life && r.rule == rule && std::ranges::count(worlds_of(r), world) > 0;
  });
  return row == kKnown.end() ? nullptr : &*row;
}

}  // namespace world
