#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "journal/records.h"
#include "json/json.h"

namespace engine::support {

// How far the newest transaction has come, read from the journal alone.
struct RunProgress {
  journal::Transaction transaction;
  bool running = false;   // it has not ended: its command runs, or was killed
  bool undoing = false;   // its steps are being undone, newest first
  std::size_t step = 0;   // 1 .. steps, the one that is being applied or undone; 0: none
  std::size_t steps = 0;  // of the plan
  std::string doing;      // "start-service NetEbpfExt"; "" for no step
  std::int64_t ran_ms = 0;
  std::int64_t left_ms = 0;  // until its steps, or their undo, have used up their time; 0: none
};

// `now`: UTC by the clock of the machine whose journal it is; nullopt: as of the last sign of life
// that the journal holds, for a copy. nullopt: no command has run.
std::optional<RunProgress> progress_of(const journal::Records& records,
                                       std::optional<std::int64_t> now_utc_ms);

// "step 3 of 8 (start-service NetEbpfExt), 12.0 s gone, 258.0 s left", for status and `watch`.
std::string progress_phrase(const RunProgress& progress);
nlohmann::json progress_json(const RunProgress& progress);

}  // namespace engine::support
