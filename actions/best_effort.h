#pragma once

#include <optional>

#include "errors/failure.h"

namespace actions {

// Reads something on which nothing vital depends; returns nullopt where that fails. A plan does not
// take what it cannot read as being as wanted: the step that it plans then fails by itself, best
// effort, with the system's own words.
template <class Read>
auto if_readable(const Read& read) -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const errors::Failure&) {
    return std::nullopt;
  }
}

}  // namespace actions
