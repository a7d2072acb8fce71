#include "actions/machine/simulated/stop_observer.h"

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include "errors/failure.h"

namespace machine::simulated {
namespace {

constexpr const char* kVariable = "EBPF_SIMULATED_STOP_AT";

struct StopPoint {
  std::string name;  // empty: any call
  std::uint64_t occurrence = 1;
  bool after = false;
};

errors::Failure no_point(std::string_view text) {
  return errors::Failure(errors::ExitCode::kUsage, kVariable,
                         "read the stop point " + std::string(kVariable) + "=" + std::string(text))
      .advise("It is a number or a call's name, as in 7, services.start or files.rename#2:after.");
}

std::uint64_t count_of(std::string_view digits, std::string_view whole) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size() || count == 0) {
    throw no_point(whole);
  }
  return count;
}

StopPoint parse(std::string_view whole) {
  StopPoint point;
  std::string_view text = whole;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view side = text.substr(colon + 1);
    if (side != "before" && side != "after") throw no_point(whole);
    point.after = side == "after";
    text = text.substr(0, colon);
  }
  if (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    point.occurrence = count_of(text, whole);
    return point;
  }
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) point.occurrence = count_of(text.substr(hash + 1), whole);
  point.name = text.substr(0, hash);
  if (point.name.empty()) throw no_point(whole);
  return point;
}

class StopObserver final : public CallObserver {
 public:
  explicit StopObserver(StopPoint point) : point_(std::move(point)) {}

  void before(const Call& call) override {
    if (!matches(call)) return;
    ++seen_;
    if (!point_.after && seen_ == point_.occurrence) std::raise(SIGSTOP);
  }

  void after(const Call& call) override {
    if (point_.after && matches(call) && seen_ == point_.occurrence) std::raise(SIGSTOP);
  }

 private:
  bool matches(const Call& call) const { return point_.name.empty() || point_.name == call.name; }

  StopPoint point_;
  std::uint64_t seen_ = 0;
};

}  // namespace

std::unique_ptr<CallObserver> stop_observer_from_environment() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0') return nullptr;
  return std::make_unique<StopObserver>(parse(text));
}

}  // namespace machine::simulated
