#include "actions/catalogue.h"

#include <algorithm>
#include <array>

#include "actions/all_kinds.h"

namespace actions {
namespace {

struct Row {
  std::string_view kind;
  std::unique_ptr<Action> (*rebuild)(const Json& parameters);
};

template <class Kind>
std::unique_ptr<Action> rebuilt(const Json& parameters) {
  return std::make_unique<Kind>(Kind::read_parameters(parameters));
}

template <class... Kinds>
constexpr std::array<Row, sizeof...(Kinds)> rows_of(KindList<Kinds...> /*all*/) {
  return {Row{Kinds::kKind, rebuilt<Kinds>}...};
}

constexpr auto kRows = rows_of(AllKinds());

}  // namespace

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> names;
  names.reserve(kRows.size());
  for (const Row& row : kRows)
    names.push_back(row.kind);
  return names;
}

std::unique_ptr<Action> rebuild(std::string_view kind, const Json& parameters) {
  const auto found = std::ranges::find(kRows, kind, &Row::kind);
  return found == kRows.end() ? nullptr : found->rebuild(parameters);
}

}  // namespace actions
