#include "engine/known.h"

#include <algorithm>

#include "actions/machine/paths.h"

namespace engine {

bool Known::owns_service(std::string_view name) const {
  return std::any_of(owned.begin(), owned.end(), [name](const journal::Owned& o) {
    return o.kind == "service" && machine::fold_case(o.name) == machine::fold_case(name);
  });
}

}  // namespace engine
