#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace world {

// What a user holds of a command, whatever the program thinks.
enum class Rule {
  kEnabledRuns,
  kEnabledBytes,
  kFilesComplete,
  kRegistered,
  kProxyRuns,
  kDisabledStopped,
  kGivenBack,
  kNeighbourRuns,
  kOthersUnchanged,
  kNothingLeft,
  kOneVersion,
  kOneStory,
  kInTime,
  kSucceeds,
  kNamesCause,
  kSafeToBoot,
  kNoNeedlessBoot,
  kEndsWell,
};
std::string_view name_of(Rule rule);      // "enabled-runs"
std::string_view sentence_of(Rule rule);  // for people

// A rule that does not hold of an object: "service:NAME", "path:P", "registry:KEY", "task:NAME",
// "path-variable", "netsh", "machine", "status", "journal", "output".
struct Finding {
  Rule rule;
  std::string object;
  std::string words;
};
using Findings = std::vector<Finding>;

std::string to_text(const Finding& finding);

}  // namespace world
