#include "actions/machine/fault_observer.h"

#include <charconv>

#include "actions/machine/system.h"
#include "errors/failure.h"

namespace machine {
namespace {

using errors::ExitCode;
using errors::Failure;

std::optional<std::int64_t> number_from(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0)
    return std::nullopt;
  return number;
}

Failure injected(const Call& call, std::int64_t code) {
  constexpr std::int64_t kDiskFull = 112;
  return {code == kDiskFull ? ExitCode::kDiskFull : ExitCode::kGeneric, call.object,
          std::string(call.name) + " " + call.object,
          errors::SystemError{std::string(call.name), code, "injected fault"}};
}

}  // namespace

std::optional<Fault> fault_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Fault fault;
  const std::string_view call = text.substr(0, colon);
  std::string_view kind = text.substr(colon + 1);
  const std::size_t hash = call.find('#');
  if (const auto number = number_from(call)) {
    fault.number = *number;
  } else {
    fault.name = call.substr(0, hash);
    if (hash != std::string_view::npos) {
      const auto occurrence = number_from(call.substr(hash + 1));
      if (!occurrence) return std::nullopt;
      fault.occurrence = *occurrence;
    }
  }
  if (fault.number == 0 && fault.name.empty()) return std::nullopt;
  const std::size_t equals = kind.find('=');
  if (equals != std::string_view::npos) {
    const auto code = number_from(kind.substr(equals + 1));
    if (!code) return std::nullopt;
    fault.value = *code;
    kind = kind.substr(0, equals);
  }
  if (kind == "fail") return fault;
  if (kind == "fail-after") {
    fault.kind = Fault::Kind::kFailAfter;
  } else if (kind == "kill-before") {
    fault.kind = Fault::Kind::kKillBefore;
  } else if (kind == "kill-after") {
    fault.kind = Fault::Kind::kKillAfter;
  } else if (kind == "takes" && equals != std::string_view::npos) {
    fault.kind = Fault::Kind::kTakes;
  } else if (kind == "slow" && equals != std::string_view::npos) {
    fault.kind = Fault::Kind::kSlow;
  } else {
    return std::nullopt;
  }
  return fault;
}

bool FaultObserver::is_due(const Call& call) const {
  if (!fault_ || happened_) return false;
  if (fault_->number != 0) return calls_ == fault_->number;
  return call.name == fault_->name && of_name_ == fault_->occurrence;
}

void FaultObserver::before(const Call& call) {
  ++calls_;
  if (fault_ && call.name == fault_->name) ++of_name_;
  const bool slow = fault_ && fault_->kind == Fault::Kind::kSlow;
  if (slow && happened_) let_pass();
  if (!is_due(call)) return;
  if (fault_->kind == Fault::Kind::kKillBefore) kill_();
  if (slow || fault_->kind == Fault::Kind::kTakes) {
    happened_ = true;
    let_pass();
  }
  if (fault_->kind != Fault::Kind::kFail) return;
  happened_ = true;
  throw injected(call, fault_->value);
}

// Not a call of its own: made past the observer.
void FaultObserver::let_pass() {
  constexpr std::int64_t kMsPerSecond = 1000;
  if (machine_ != nullptr) machine_->system().wait_ms(fault_->value * kMsPerSecond);
}

void FaultObserver::after(const Call& call) {
  if (!is_due(call)) return;
  if (fault_->kind == Fault::Kind::kKillAfter) kill_();
  if (fault_->kind != Fault::Kind::kFailAfter) return;
  happened_ = true;
  throw injected(call, fault_->value);
}

}  // namespace machine
