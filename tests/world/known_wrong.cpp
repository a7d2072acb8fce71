#include "tests/world/known_wrong.h"

#include <algorithm>
#include <array>

namespace world {
namespace {

using enum Rule;

constexpr auto kKnown = std::to_array<KnownWrong>({
    {"F-02", "disable", kProxyRuns,
     "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-02", "downgrade", kProxyRuns,
     "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-02", "enable", kProxyRuns, "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-02", "install", kProxyRuns, "proxy-never-started"},
    {"F-02", "update", kProxyRuns, "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-02", "update-again", kProxyRuns,
     "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-02", "update-next", kProxyRuns,
     "proxy-never-started proxy-down-since-boot core-failed-at-boot"},
    {"F-03", "disable", kSucceeds, "neighbour-fails"},
    {"F-03", "update", kSucceeds, "neighbour-fails"},
    {"F-03", "update-again", kSucceeds, "neighbour-fails"},
    {"F-03", "update-next", kSucceeds, "neighbour-fails"},
    {"F-04", "boot", kProxyRuns, "core-marked"},
    {"F-04", "downgrade", kEndsWell, "core-marked"},
    {"F-04", "downgrade", kGivenBack, "core-marked"},
    {"F-04", "uninstall", kEndsWell, "core-marked"},
    {"F-04", "update", kEndsWell, "core-marked"},
    {"F-04", "update", kGivenBack, "core-marked"},
    {"F-04", "update-again", kEndsWell, "core-marked"},
    {"F-04", "update-again", kGivenBack, "core-marked"},
    {"F-04", "update-next", kEndsWell, "core-marked"},
    {"F-04", "update-next", kGivenBack, "core-marked"},
    {"F-05", "downgrade", kEnabledBytes,
     "plain proxy-unhealthy neighbour neighbour-fails neighbour-slow "
     "neighbour-ignores-stop neighbour-stop-hangs core-ignores-stop core-stop-hangs "
     "ext-ignores-stop ext-stop-hangs core-held-open deletions-queued journal-readonly "
     "disk-full disk-nearly-full path-near-limit policy no-task-scheduler "
     "error-control-critical service-crashes safe-mode"},
    {"F-05", "downgrade", kEndsWell,
     "plain proxy-never-started proxy-unhealthy proxy-down-since-boot "
     "core-failed-at-boot neighbour neighbour-fails neighbour-slow "
     "neighbour-ignores-stop neighbour-stop-hangs core-ignores-stop core-stop-hangs "
     "ext-ignores-stop ext-stop-hangs core-held-open driver-file-held deletions-queued "
     "disk-full disk-nearly-full path-near-limit policy error-control-critical "
     "service-crashes library-denied safe-mode journal-lost-behind-disable"},
    {"F-05", "downgrade", kFilesComplete,
     "plain proxy-unhealthy neighbour neighbour-fails neighbour-slow "
     "neighbour-ignores-stop neighbour-stop-hangs core-ignores-stop core-stop-hangs "
     "ext-ignores-stop ext-stop-hangs core-held-open deletions-queued journal-readonly "
     "disk-full disk-nearly-full path-near-limit policy no-task-scheduler "
     "error-control-critical service-crashes safe-mode"},
    {"F-05", "downgrade", kNamesCause, "core-held-open service-crashes"},
    {"F-05", "downgrade", kNoNeedlessBoot,
     "neighbour-ignores-stop neighbour-stop-hangs core-ignores-stop core-stop-hangs "
     "ext-ignores-stop ext-stop-hangs"},
    {"F-05", "downgrade", kSucceeds,
     "plain neighbour neighbour-fails neighbour-slow deletions-queued path-near-limit "
     "error-control-critical"},
    {"F-06", "disable", kNoNeedlessBoot, "neighbour-stop-hangs core-stop-hangs ext-stop-hangs"},
    {"F-06", "update", kNoNeedlessBoot, "neighbour-stop-hangs core-stop-hangs ext-stop-hangs"},
    {"F-06", "update-again", kNoNeedlessBoot,
     "neighbour-stop-hangs core-stop-hangs ext-stop-hangs"},
    {"F-06", "update-next", kNoNeedlessBoot, "neighbour-stop-hangs core-stop-hangs ext-stop-hangs"},
    {"F-07", "disable", kSucceeds, "neighbour-slow"},
    {"F-07", "update", kSucceeds, "neighbour-slow"},
    {"F-07", "update-again", kSucceeds, "neighbour-slow"},
    {"F-07", "update-next", kSucceeds, "neighbour-slow"},
    {"F-09", "install", kEndsWell, "dead-registrations registered-in-system32 folder-of-users"},
    {"F-09", "install", kFilesComplete,
     "dead-registrations registered-in-system32 folder-of-users"},
    {"F-09", "install", kOthersUnchanged,
     "dead-registrations registered-in-system32 folder-of-users"},
    {"F-09", "install", kRegistered, "dead-registrations registered-in-system32 folder-of-users"},
    {"F-09", "install", kSucceeds, "dead-registrations registered-in-system32 folder-of-users"},
    {"F-10", "boot", kProxyRuns, "deletions-queued"},
    {"F-10", "disable", kSafeToBoot, "deletions-queued"},
    {"F-10", "downgrade", kSafeToBoot, "deletions-queued"},
    {"F-10", "enable", kSafeToBoot, "deletions-queued"},
    {"F-10", "install", kSafeToBoot, "deletions-queued"},
    {"F-10", "update", kSafeToBoot, "deletions-queued"},
    {"F-10", "update-again", kProxyRuns, "deletions-queued"},
    {"F-10", "update-again", kSafeToBoot, "deletions-queued"},
    {"F-10", "update-next", kSafeToBoot, "deletions-queued"},
    {"F-11", "uninstall", kEndsWell, "disk-full disk-nearly-full"},
    {"F-14", "downgrade", kEndsWell, "no-task-scheduler"},
    {"F-14", "downgrade", kSucceeds, "no-task-scheduler"},
    {"F-14", "update", kSucceeds, "no-task-scheduler"},
    {"F-14", "update-again", kSucceeds, "no-task-scheduler"},
    {"F-14", "update-next", kSucceeds, "no-task-scheduler"},
    {"F-15", "boot", kEndsWell, "deep-folders"},
    {"F-15", "boot", kOneStory, "deep-folders"},
    {"F-15", "boot", kSucceeds, "deep-folders"},
    {"F-15", "disable", kEndsWell, "deep-folders"},
    {"F-15", "disable", kOneStory, "deep-folders"},
    {"F-15", "disable", kSucceeds, "deep-folders"},
    {"F-15", "downgrade", kEndsWell, "deep-folders"},
    {"F-15", "downgrade", kOneStory, "deep-folders"},
    {"F-15", "downgrade", kSucceeds, "deep-folders"},
    {"F-15", "enable", kEndsWell, "deep-folders"},
    {"F-15", "enable", kOneStory, "deep-folders"},
    {"F-15", "enable", kSucceeds, "deep-folders"},
    {"F-15", "install", kEndsWell, "deep-folders"},
    {"F-15", "install", kOneStory, "deep-folders"},
    {"F-15", "install", kSucceeds, "deep-folders"},
    {"F-15", "uninstall", kSucceeds, "deep-folders"},
    {"F-15", "update", kEndsWell, "deep-folders"},
    {"F-15", "update", kOneStory, "deep-folders"},
    {"F-15", "update", kSucceeds, "deep-folders"},
    {"F-15", "update-again", kEndsWell, "deep-folders"},
    {"F-15", "update-again", kOneStory, "deep-folders"},
    {"F-15", "update-again", kSucceeds, "deep-folders"},
    {"F-15", "update-next", kEndsWell, "deep-folders"},
    {"F-15", "update-next", kOneStory, "deep-folders"},
    {"F-15", "update-next", kSucceeds, "deep-folders"},
    {"F-36", "uninstall", kEndsWell, "journal-lost-behind-disable"},
    {"F-36", "uninstall", kNothingLeft, "journal-lost-behind-disable"},
    {"F-44", "disable", kProxyRuns, "journal-lost-behind-disable"},
    {"F-44", "downgrade", kProxyRuns, "journal-lost-behind-disable"},
    {"F-44", "uninstall", kProxyRuns, "journal-lost-behind-disable"},
    {"F-47", "boot", kSucceeds, "journal-readonly"},
    {"F-47", "disable", kSucceeds, "journal-readonly"},
    {"F-47", "downgrade", kEndsWell, "journal-readonly"},
    {"F-47", "downgrade", kSucceeds, "journal-readonly"},
    {"F-47", "enable", kSucceeds, "journal-readonly"},
    {"F-47", "uninstall", kSucceeds, "journal-readonly"},
    {"F-47", "update", kSucceeds, "journal-readonly"},
    {"F-47", "update-again", kSucceeds, "journal-readonly"},
    {"F-47", "update-next", kSucceeds, "journal-readonly"},
    {"F-48", "boot", kSafeToBoot, "error-control-critical"},
    {"F-48", "disable", kSafeToBoot, "error-control-critical"},
    {"F-48", "downgrade", kSafeToBoot, "error-control-critical"},
    {"F-48", "enable", kSafeToBoot, "error-control-critical"},
    {"F-48", "update", kSafeToBoot, "error-control-critical"},
    {"F-48", "update-again", kSafeToBoot, "error-control-critical"},
    {"F-48", "update-next", kSafeToBoot, "error-control-critical"},
    {"F-49", "boot", kEndsWell, "images-quoted"},
    {"F-49", "boot", kSucceeds, "images-quoted"},
    {"F-49", "disable", kEndsWell, "images-quoted"},
    {"F-49", "disable", kSucceeds, "images-quoted"},
    {"F-49", "downgrade", kEndsWell, "images-quoted"},
    {"F-49", "downgrade", kGivenBack, "images-quoted"},
    {"F-49", "downgrade", kSucceeds, "images-quoted"},
    {"F-49", "update", kEndsWell, "images-quoted"},
    {"F-49", "update", kGivenBack, "images-quoted"},
    {"F-49", "update", kSucceeds, "images-quoted"},
    {"F-49", "update-again", kEndsWell, "images-quoted"},
    {"F-49", "update-again", kGivenBack, "images-quoted"},
    {"F-49", "update-again", kSucceeds, "images-quoted"},
    {"F-49", "update-next", kEndsWell, "images-quoted"},
    {"F-49", "update-next", kGivenBack, "images-quoted"},
    {"F-49", "update-next", kSucceeds, "images-quoted"},
    {"F-51", "boot", kOthersUnchanged, "path-near-limit"},
    {"F-51", "disable", kOthersUnchanged, "path-near-limit"},
    {"F-51", "downgrade", kOthersUnchanged, "path-near-limit"},
    {"F-51", "enable", kOthersUnchanged, "path-near-limit"},
    {"F-51", "install", kOthersUnchanged, "path-near-limit"},
    {"F-51", "uninstall", kOthersUnchanged, "path-near-limit"},
    {"F-51", "update", kOthersUnchanged, "path-near-limit"},
    {"F-51", "update-again", kOthersUnchanged, "path-near-limit"},
    {"F-51", "update-next", kOthersUnchanged, "path-near-limit"},
    {"F-52", "disable", kNamesCause, "neighbour-stop-hangs core-stop-hangs ext-stop-hangs"},
    {"F-52", "update-again", kNamesCause,
     "neighbour-ignores-stop neighbour-stop-hangs core-ignores-stop core-stop-hangs "
     "ext-ignores-stop ext-stop-hangs core-marked"},
    {"open row, code 0", "downgrade", kOneStory,
     "neighbour-fails neighbour-slow core-marked images-quoted"},
    {"open row, code 0", "update", kOneStory,
     "neighbour-fails neighbour-slow core-marked images-quoted"},
    {"open row, code 0", "update-again", kOneStory,
     "neighbour-fails neighbour-slow core-marked images-quoted"},
    {"open row, code 0", "update-next", kOneStory,
     "neighbour-fails neighbour-slow core-marked images-quoted"},
});

}  // namespace

std::span<const KnownWrong> known_wrong() { return kKnown; }

std::vector<std::string_view> worlds_of(const KnownWrong& row) {
  std::vector<std::string_view> names;
  for (std::string_view rest = row.worlds; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    names.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

const KnownWrong* known_wrong(std::string_view world, std::string_view life, Rule rule) {
  const auto* row = std::ranges::find_if(kKnown, [&](const KnownWrong& r) {
    return r.life == life && r.rule == rule && std::ranges::count(worlds_of(r), world) > 0;
  });
  return row == kKnown.end() ? nullptr : &*row;
}

}  // namespace world
