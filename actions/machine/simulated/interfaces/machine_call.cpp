#include "actions/machine/simulated/interfaces/machine_call.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "errors/failure.h"

namespace machine::simulated::interfaces {
namespace {

std::int64_t deadline_from_environment() {
  const char* text = std::getenv("EBPF_SIMULATED_DEADLINE_MS");
  if (text == nullptr || *text == '\0') return std::numeric_limits<std::int64_t>::max();
  const std::string_view digits(text);
  std::int64_t deadline = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), deadline);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw errors::Failure(errors::ExitCode::kUsage, "EBPF_SIMULATED_DEADLINE_MS",
                          "read the deadline EBPF_SIMULATED_DEADLINE_MS=" + std::string(digits));
  }
  return deadline;
}

}  // namespace

MachineCallContext::MachineCallContext(std::unique_ptr<VmHome> vm)
    : home(std::move(vm)), deadline_ms(deadline_from_environment()) {}

MachineCall::MachineCall(MachineCallContext& context) : context_(context), access_(*context.home) {
  if (services().advance_to(state().clock_ms + 1)) changed();
}

MachineCall::~MachineCall() {
  const bool too_late = state().clock_ms >= context_.deadline_ms;
  if (too_late) changed();
  access_.reset();
  if (too_late) std::raise(SIGSTOP);
}

void MachineCall::wait(std::int64_t milliseconds) {
  const std::int64_t until = state().clock_ms + std::max<std::int64_t>(milliseconds, 0);
  services().advance_to(std::min(until, context_.deadline_ms));
  changed();
}

}  // namespace machine::simulated::interfaces
