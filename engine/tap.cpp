#include "engine/tap.h"

#include <cstdlib>

#include "errors/failure.h"

#ifndef _WIN32
#include "actions/machine/simulated/stop_tap.h"
#endif

#ifdef EBPF_HANDLER_FAULTS
#include "actions/machine/fault_tap.h"
#endif

namespace engine {

std::unique_ptr<machine::Tap> tap_from_environment() {
#ifdef EBPF_HANDLER_FAULTS
  if (const char* text = std::getenv("EBPF_HANDLER_FAULT")) {
    const auto fault = machine::fault_from(text);
    if (!fault) {
      throw errors::Failure(errors::ExitCode::kUsage, text,
                            std::string("use EBPF_HANDLER_FAULT=") + text);
    }
    return std::make_unique<machine::FaultTap>(fault);
  }
#endif
#ifdef _WIN32
  return nullptr;
#else
  return machine::simulated::stop_tap_from_environment();
#endif
}

}  // namespace engine
