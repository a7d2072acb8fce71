#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/components.h"
#include "engine/product/inventory.h"
#include "engine/product/version_to_be.h"
#include "errors/exit_code.h"

namespace engine::product {

// The last look's finding on a component, or a file, of the version to be: the first that is true.
enum class Finding {
  kAsItShouldBe,  // registered, automatic, running; its image is the version's, in its place
  kNewer,         // it runs, newer and complete: another installer put it there
  kNotRegistered,
  kMarkedForDeletion,  // and it does not run
  kElsewhere,          // its image path names a file outside its place in the install folder
  kFileMissing,
  kOtherVersion,  // its image has another version, or no readable one
  kNotRunning,    // it is stopped or pending, or its process has ended
  kGoesAtBoot,    // an operation that somebody queued for the next boot works on it
  kNotAutomatic,  // demand or disabled; boot and system start types start with the boot too
  kNotSeen,       // the system did not answer
};
std::string_view to_text(Finding finding);

enum class Occasion {
  kEnable,           // an enable has done its last step and is about to commit
  kRepeatedAttempt,  // an enable that repeats why an undone update failed; the old version runs
};
std::string_view to_text(Occasion occasion);

enum class LastWord {
  kGood,    // the command may succeed
  kUndone,  // the command fails with the row's code, and what it changed is undone
  kTold,    // the command fails with the code of the attempt; nothing is undone for the finding
};
std::string_view to_text(LastWord word);

// The exceptions from "what is enabled runs", then the rule. nullopt stands for every value; the
// first row that fits decides, and the last row always fits.
struct LastLookRow {
  std::optional<Occasion> occasion;
  std::optional<Finding> finding;
  LastWord word;
  std::string_view status;  // in the status file: "success" or "error"
  // With kTold it is kSuccess and the attempt's code counts; with kNotSeen the failed call's
  // counts.
  errors::ExitCode code;
  std::string_view advice;  // "": the code's own advice
};
std::span<const LastLookRow> last_look_table();
const LastLookRow& last_look_row(Occasion occasion, Finding finding);

// One reading of the machine. The last look judges it, and the substatus is written from it, so
// that the two never contradict each other.
struct LastLook {
  struct Sight {
    Finding finding = Finding::kAsItShouldBe;
    std::string words;      // the fault: "its start type is demand"; "" for kAsItShouldBe
    std::int64_t code = 0;  // the system's error code, or 0
  };
  struct Component {
    FoundComponent found;
    std::optional<Sight> sight;  // nullopt: the version to be does not have the component
  };
  VersionToBe to_be;
  std::vector<Component> components;  // all of the table, in start order
  std::vector<std::string> missing;   // files of the version to be
  std::vector<std::string> queued;    // its files and folders that go at the next boot
};
// Read-only. Throws what the machine's calls throw.
LastLook look_at(machine::Machine& machine, const VersionToBe& to_be);

// An enable's last look, between its last step and its commit, whatever its plan was. Throws the
// failure of the first finding whose row is kUndone. A call that fails counts as kNotSeen: only
// what was seen is success, never what was assumed. Returns nullopt if a call failed and its row is
// not kUndone.
std::optional<LastLook> last_look(machine::Machine& machine, const VersionToBe& to_be,
                                  Occasion occasion);

}  // namespace engine::product
