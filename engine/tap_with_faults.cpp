#include <cstdlib>
#include <string>

#include "actions/machine/fault_tap.h"
#include "engine/tap.h"
#include "errors/failure.h"

namespace engine {

std::unique_ptr<machine::Tap> tap_from_environment() {
  const char* text = std::getenv("EBPF_HANDLER_FAULT");
  if (text == nullptr) return nullptr;
  const auto fault = machine::fault_from(text);
  if (!fault) {
    throw errors::Failure(errors::ExitCode::kUsage, text,
                          std::string("use EBPF_HANDLER_FAULT=") + text);
  }
  return std::make_unique<machine::FaultTap>(fault);
}

}  // namespace engine
