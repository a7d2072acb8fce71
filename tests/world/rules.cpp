#include "tests/world/rules.h"

#include <algorithm>
#include <array>

namespace world {
namespace {

struct Row {
  Rule rule;
  std::string_view name;
  std::string_view sentence;
};

// clang-format off
constexpr std::array kRuleRows{
    Row{Rule::kEnabledRuns, "enabled-runs", "Behind an enable that succeeds, every component of the package is registered, automatic and running."},
    Row{Rule::kEnabledBytes, "enabled-bytes", "Behind an enable that succeeds, what runs was loaded from the package's bytes, in one version."},
    Row{Rule::kFilesComplete, "files-complete", "Behind an install or enable that succeeds, each file of the package is there with its bytes."},
    Row{Rule::kRegistered, "registered", "Behind an install that succeeds, every component is registered with its file in the install folder."},
    Row{Rule::kProxyRuns, "proxy-runs", "The proxy runs unless its owner stopped or disabled it, or it is absent."},
    Row{Rule::kDisabledStopped, "disabled-stopped", "Behind a disable that succeeds, nothing of eBPF runs, or the output names the restart that it takes."},
    Row{Rule::kGivenBack, "given-back", "What ran before a command that fails (in an update: before the old version's disable) runs at the latest behind the next recovery."},
    Row{Rule::kNeighbourRuns, "neighbour-runs", "A service of somebody else that ran runs once the operation has ended."},
    Row{Rule::kOthersUnchanged, "others-unchanged", "Nothing that belongs to others is changed."},
    Row{Rule::kNothingLeft, "nothing-left", "Behind an uninstall that succeeds nothing of ours is there."},
    Row{Rule::kOneVersion, "one-version", "No boot loads two drivers of different versions."},
    Row{Rule::kOneStory, "one-story", "Exit code, status, journal and output say the same."},
    Row{Rule::kInTime, "in-time", "The command ends before the VM Agent would kill it."},
    Row{Rule::kSucceeds, "succeeds", "A command fails only where a fault of something that it needs stands in its way."},
    Row{Rule::kNamesCause, "names-cause", "The output of a command that a fault keeps from its end names what carries the fault."},
    Row{Rule::kSafeToBoot, "safe-to-boot", "Behind an install or enable that succeeds no deletion of our files waits for the boot, and no driver is critical without a word of it."},
    Row{Rule::kNoNeedlessBoot, "no-needless-boot", "Once the cause is gone, no boot is needed where nothing waits for one any more."},
    Row{Rule::kEndsWell, "ends-well", "Once the cause is gone, the VM Agent's next calls end with the wanted version running."},
};
// clang-format on

const Row& row_of(Rule rule) {
  return *std::find_if(kRuleRows.begin(), kRuleRows.end(),
                       [&](const Row& row) { return row.rule == rule; });
}

}  // namespace

std::string_view name_of(Rule rule) { return row_of(rule).name; }
std::string_view sentence_of(Rule rule) { return row_of(rule).sentence; }

std::string to_text(const Finding& finding) {
  return std::string(name_of(finding.rule)) + ": " + finding.object + ": " + finding.words;
}

}  // namespace world
