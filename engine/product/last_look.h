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

// What the last look finds of a component that the version to be has, or of one of its files. The
// first that is true of it.
enum class Finding {
  kAsItShouldBe,  // registered, automatic, running; its image is the version's, in its place
  kNewer,         // each image that has a version is newer: another installer put them there
  kNotRegistered,
  kMarkedForDeletion,  // and it does not run
  kElsewhere,          // its image path names another file than that of the install folder
  kFileMissing,
  kOtherVersion,  // its image is of another version, or of none that can be read
  kNotRunning,    // stopped, on its way, or its process has ended
  kNotAutomatic,  // demand or disabled; boot and system start with the boot too
  kNotSeen,       // the system did not answer
};
std::string_view to_text(Finding finding);

enum class Occasion {
  kEnable,           // an enable has done its last step and is about to commit
  kRepeatedAttempt,  // an enable that says again why an undone update failed: the old version runs
};
std::string_view to_text(Occasion occasion);

enum class LastWord {
  kGood,    // nothing stands in the way of success
  kUndone,  // the command fails with the row's code, and what it changed is undone
  kTold,    // the command fails with the code of the attempt; nothing is undone for the finding
};
std::string_view to_text(LastWord word);

// The exceptions from "what is enabled runs", and the rule. nullopt stands for every value; the
// first row that fits decides, and the last one fits always.
struct LastLookRow {
  std::optional<Occasion> occasion;
  std::optional<Finding> finding;
  LastWord word;
  std::string_view status;  // of the status file: "success" or "error"
  errors::ExitCode code;    // kSuccess with kTold: that of the attempt. With kNotSeen: the call's.
  std::string_view advice;  // "": that of the code
};
std::span<const LastLookRow> last_look_table();
const LastLookRow& last_look_row(Occasion occasion, Finding finding);

// One reading of the machine: the last look judges it, and the substatus is written from it, so
// that the two never tell different stories.
struct LastLook {
  struct Sight {
    Finding finding = Finding::kAsItShouldBe;
    std::string words;      // what is wrong: "its start type is demand"; "" for good
    std::int64_t code = 0;  // the system's own for it, or 0
  };
  struct Component {
    FoundComponent found;
    std::optional<Sight> sight;  // nullopt: the version to be does not have the component
  };
  VersionToBe to_be;
  std::vector<Component> components;  // all of the table, in start order
  std::vector<std::string> missing;   // files of the version to be
};
// Read-only. Throws what the machine's calls throw.
LastLook look_at(machine::Machine& machine, const VersionToBe& to_be);

// An enable's last look, between its last step and its commit, whatever its plan was: looks, and
// throws the failure of the first finding whose row is kUndone. A call that fails counts as
// kNotSeen: success is what was seen, never what was assumed. nullopt: nothing was seen, and the
// row does not mind.
std::optional<LastLook> last_look(machine::Machine& machine, const VersionToBe& to_be,
                                  Occasion occasion);

}  // namespace engine::product
