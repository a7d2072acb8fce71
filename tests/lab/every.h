#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace lab {

// Of many cases each how manieth is lived: EBPF_EVERY, as the run with sanitizers sets it; else 1.
inline std::uint64_t every() {
  const char* text = std::getenv("EBPF_EVERY");
  return text == nullptr ? 1 : std::max<std::uint64_t>(std::stoull(text), 1);
}

}  // namespace lab
