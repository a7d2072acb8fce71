#include "actions/action.h"

namespace actions {

std::string_view to_text(Probe probe) {
  switch (probe) {
    case Probe::kBefore:
      return "before";
    case Probe::kAfter:
      return "after";
    case Probe::kBetween:
      return "between";
    case Probe::kForeign:
      return "foreign";
    case Probe::kMoving:
      return "moving";
  }
  return "unknown";
}

}  // namespace actions
