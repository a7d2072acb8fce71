#include "engine/tap.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

#include "errors/failure.h"

#ifndef _WIN32
#include "actions/machine/simulated/stop_tap.h"
#endif

#ifdef EBPF_HANDLER_FAULTS
#include "actions/machine/fault_tap.h"
#endif

namespace engine {
#ifdef EBPF_HANDLER_FAULTS
namespace {

[[noreturn]] void refuse(const std::string& variable, const char* text) {
  throw errors::Failure(errors::ExitCode::kUsage, text, "use " + variable + "=" + text);
}

// 1: in none.
std::int64_t hurry_from_environment() {
  constexpr const char* kVariable = "EBPF_HANDLER_FAULT_HURRY";
  const char* text = std::getenv(kVariable);
  if (text == nullptr) return 1;
  const std::string_view all(text);
  std::int64_t hurry = 0;
  const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), hurry);
  if (error != std::errc() || end != all.data() + all.size() || hurry < 1) refuse(kVariable, text);
  return hurry;
}

}  // namespace
#endif

std::unique_ptr<machine::Tap> tap_from_environment() {
#ifdef EBPF_HANDLER_FAULTS
  const std::int64_t hurry = hurry_from_environment();
  std::optional<machine::Fault> fault;
  if (const char* text = std::getenv("EBPF_HANDLER_FAULT")) {
    fault = machine::fault_from(text);
    if (!fault) refuse("EBPF_HANDLER_FAULT", text);
  }
  if (fault || hurry != 1) return std::make_unique<machine::FaultTap>(fault, hurry);
#endif
#ifdef _WIN32
  return nullptr;
#else
  return machine::simulated::stop_tap_from_environment();
#endif
}

}  // namespace engine
