#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/environment_observer.h"
#include "actions/machine/fault_observer.h"
#include "errors/failure.h"

namespace machine {
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

std::unique_ptr<CallObserver> observer_from_environment() {
  const std::int64_t hurry = hurry_from_environment();
  std::optional<Fault> fault;
  if (const char* text = std::getenv("EBPF_HANDLER_FAULT")) {
    fault = fault_from(text);
    if (!fault) refuse("EBPF_HANDLER_FAULT", text);
  }
  if (!fault && hurry == 1) return nullptr;
  return std::make_unique<FaultObserver>(fault, hurry);
}

}  // namespace machine
