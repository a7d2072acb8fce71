#include "engine/product/outage.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actions/best_effort.h"
#include "actions/machine/paths.h"
#include "actions/services/start_service.h"
#include "actions/services/stop_service.h"
#include "engine/product/components.h"
#include "text/time.h"

namespace engine::product {
namespace {

using actions::services::StartService;
using actions::services::StopService;
using journal::Step;
using journal::StepState;

enum class To {
  kDown,
  kUp,
  kBefore,  // as it was before it came up: an undone start
};
struct Change {
  std::string at;
  std::string service;
  To to = To::kDown;
};

bool has_ended(const Step& step) {
  return step.state == StepState::kDone || step.state == StepState::kUndone ||
         step.state == StepState::kUndoFailed;
}

template <typename Kind>
bool ran_before(const Step& step) {
  const auto before = actions::if_readable([&] { return Kind::read_before(step.before); });
  return before && before->state == machine::ServiceState::kRunning;
}

// A stop of what ran, or a start of what did not and then ran, and what takes it back: not an undo
// that left the service as it found it, a stopped one stopped.
void add_changes(const Step& step, std::vector<Change>& changes) {
  const bool stops = step.kind == StopService::kKind;
  if (!stops && step.kind != StartService::kKind) return;
  const bool ran = stops ? ran_before<StopService>(step) : ran_before<StartService>(step);
  const bool never_came_up = !stops && step.error.is_object();
  if (!has_ended(step) || ran != stops || never_came_up) return;
  changes.push_back({step.ended_at, step.target, stops ? To::kDown : To::kUp});
  if (step.state == StepState::kUndone && step.foreign.empty())
    changes.push_back({step.undone_at, step.target, stops ? To::kUp : To::kBefore});
}

// The time in which any of the services that `counts` takes was down.
template <typename Counts>
Downtime downtime(const std::vector<Change>& changes, Counts counts) {
  Downtime down;
  struct Service {
    bool is_down = false;
    bool was_down = false;  // before it came up
  };
  std::map<std::string, Service> services;
  for (const Change& change : changes) {
    if (!counts(change.service)) continue;
    Service& service = services[machine::fold_case(change.service)];
    if (change.to == To::kUp) service.was_down = service.is_down;
    service.is_down = change.to == To::kBefore ? service.was_down : change.to == To::kDown;
    const bool any = std::any_of(services.begin(), services.end(),
                                 [](const auto& entry) { return entry.second.is_down; });
    if (any == !down.since.empty()) continue;
    if (any) {
      down.intervals.push_back({change.at, ""});
    } else {
      down.intervals.back().to = change.at;
      down.ms += text::utc_ms(change.at) - text::utc_ms(down.since);
    }
    down.since = any ? change.at : "";
  }
  return down;
}

Outage outage_by(std::vector<Change> changes) {
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.at < b.at; });
  Outage outage;
  outage.ebpf = downtime(
      changes, [](const std::string& service) { return component_of_service(service) != nullptr; });
  outage.proxy = downtime(changes, [](const std::string& service) {
    return machine::equal_names(service, kGuestProxyAgent);
  });
  return outage;
}

}  // namespace

Outage outage_of(const journal::Records& records,
                 std::span<const journal::Transaction> transactions) {
  std::vector<Change> changes;
  for (const journal::Transaction& transaction : transactions) {
    for (const Step& step : records.steps(transaction.id))
      add_changes(step, changes);
  }
  return outage_by(std::move(changes));
}

Outage outage_of(std::span<const std::vector<Step>> steps) {
  std::vector<Change> changes;
  for (const std::vector<Step>& of_transaction : steps) {
    for (const Step& step : of_transaction)
      add_changes(step, changes);
  }
  return outage_by(std::move(changes));
}

}  // namespace engine::product
