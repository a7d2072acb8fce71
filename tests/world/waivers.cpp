#include "tests/world/waivers.h"

#include <algorithm>
#include <array>

#include "actions/machine/paths.h"

namespace world {
namespace {

// clang-format off
constexpr std::array kWaivers{
    Waiver{FaultKind::kStartFails, Rule::kGivenBack, "a service that would not start again is not given back"},
    Waiver{FaultKind::kStartFails, Rule::kNeighbourRuns, "a neighbour that would not start again does not run"},
    Waiver{FaultKind::kStartFails, Rule::kProxyRuns, "a proxy that would not start does not run"},
    Waiver{FaultKind::kStopRefused, Rule::kGivenBack, "a service that is stop-pending cannot be started"},
    Waiver{FaultKind::kStopRefused, Rule::kNeighbourRuns, "a neighbour that is stop-pending cannot be started"},
    Waiver{FaultKind::kStopRefused, Rule::kNothingLeft, "a service that does not stop goes with the boot"},
    Waiver{FaultKind::kMarked, Rule::kNothingLeft, "a service that somebody has a handle on goes with the boot"},
    Waiver{FaultKind::kNotAnswering, Rule::kNothingLeft, "a task stays where the Task Scheduler does not answer"},
    Waiver{FaultKind::kDenied, Rule::kNothingLeft, "a file that cannot be changed cannot be deleted"},
};
// clang-format on

bool is_of_service(const Finding& finding) { return finding.object.starts_with("service:"); }

bool carries_fault(const std::string& object, std::span<const Fault> faults) {
  return std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) {
    const bool stays_down = fault.kind == FaultKind::kStartFails ||
                            fault.kind == FaultKind::kStopRefused ||
                            fault.kind == FaultKind::kMarked;
    return stays_down && machine::equal_names(object, fault.object);
  });
}

bool is_about_running(Rule rule) {
  return rule == Rule::kGivenBack || rule == Rule::kNeighbourRuns || rule == Rule::kProxyRuns;
}

// "" if no row excuses the finding.
std::string excuse(const Finding& finding, std::span<const Fault> faults, const Sight& now) {
  for (const Fault& fault : faults) {
    const bool task = fault.object == "tasks" && finding.object.starts_with("task:");
    if (!task && !machine::equal_paths(finding.object, fault.object)) continue;
    for (const Waiver& row : kWaivers) {
      if (row.fault == fault.kind && row.rule == finding.rule) return std::string(row.why);
    }
  }
  if (!is_of_service(finding) || !is_about_running(finding.rule)) return "";
  for (const std::string& on : now.dependencies(finding.object.substr(8))) {
    if (now.runs(on)) continue;
    if (carries_fault("service:" + on, faults)) return "its dependency carries the fault";
    const bool gone = now.service(on) == nullptr;
    if (gone && finding.rule == Rule::kNeighbourRuns) return "its dependency is not there any more";
  }
  return "";
}

}  // namespace

std::span<const Waiver> waivers() { return kWaivers; }

Findings without_waived(Findings findings, std::span<const Fault> faults, const Sight& now,
                        WaiverCounts& counts) {
  Findings left;
  for (Finding& finding : findings) {
    const std::string why = excuse(finding, faults, now);
    if (why.empty()) {
      left.push_back(std::move(finding));
    } else {
      ++counts[why];
    }
  }
  return left;
}

}  // namespace world
