#pragma once

#include <cstdlib>
#include <string>

namespace world {

// The case that somebody wants to see alone (EBPF_WORLD=plain); "" for all.
inline std::string chosen(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

}  // namespace world
