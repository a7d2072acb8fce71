#include "actions/machine/environment_observer.h"

#include "actions/machine/simulated/stop_observer.h"

namespace machine {

std::unique_ptr<CallObserver> observer_from_environment() {
  return simulated::stop_observer_from_environment();
}

}  // namespace machine
