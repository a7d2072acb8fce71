#include "actions/machine/simulated/vm_home.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace machine::simulated {

Access::~Access() {
  if (changed_) {
    try {
      vm_.save();
    } catch (const std::exception& error) {
      // A machine that forgets what was done to it must not be tested with.
      std::fprintf(stderr, "simulated machine: %s\n", error.what());
      std::abort();
    }
  }
  vm_.leave();
}

}  // namespace machine::simulated
