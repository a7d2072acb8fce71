#pragma once

#include <optional>

#include "errors/failure.h"

namespace actions {

// A look at something of which nothing vital depends: nullopt where it fails. In plans, what cannot
// be looked at is not taken as being as wanted: the step that is planned for it then fails by
// itself, best effort, with the system's own words.
template <class Door, class Look>
auto look_at(Door& door, const Look& look) -> std::optional<decltype(look(door))> {
  try {
    return look(door);
  } catch (const errors::Failure&) {
    return std::nullopt;
  }
}

}  // namespace actions
