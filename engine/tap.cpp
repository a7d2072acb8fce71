#include "engine/tap.h"

#ifndef _WIN32
#include "actions/machine/simulated/stop_tap.h"
#endif

namespace engine {

std::unique_ptr<machine::Tap> tap_from_environment() {
#ifdef _WIN32
  return nullptr;
#else
  return machine::simulated::stop_tap_from_environment();
#endif
}

}  // namespace engine
