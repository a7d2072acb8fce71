#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace errors {

// The exit codes of the handler. The numbers below 1100 are in the predecessor's run-books; 51 is
// the platform's "unsupported OS". A code never changes its meaning.
enum class ExitCode : int {
  kSuccess = 0,
  kUnsupportedOs = 51,
  kGeneric = 1001,
  kBadEnvironment = 1002,
  kNoEnvironment = 1003,
  kDowngradeRefused = 1005,
  kRefusedByPolicy = 1006,
  kCopyFile = 1007,
  kDeleteFolder = 1008,
  kCreateFolder = 1009,
  kFolderNotFound = 1010,
  kCreateTask = 1011,
  kDeleteTask = 1012,
  kStartDriver = 1013,
  kStopDriver = 1014,
  kChangeStartType = 1015,
  kCreateService = 1016,
  kDeleteService = 1017,
  kAddNetshHelper = 1018,
  kRemoveNetshHelper = 1019,
  kRestartService = 1020,
  kInUse = 1021,
  kUpdateStore = 1022,
  kPackageDamaged = 1101,
  kBusy = 1102,
  kJournalUnusable = 1103,
  kJournalTooNew = 1104,
  kInconsistent = 1105,
  kRebootNeeded = 1106,
  kOutOfTime = 1107,
  kDiskFull = 1108,
  kBadSequenceNumber = 1109,
  kUsage = 1110,
  kUnsafeFolder = 1111,
  kMsiProduct = 1112,
  kNotWell = 1113,
};

struct ExitCodeRow {
  ExitCode code;
  std::string_view name;     // stable, kebab-case: appears in --json and in the journal
  std::string_view meaning;  // one phrase
  // What a person should do. If it ends with a comma or a semicolon, what tries the command again
  // completes it (Failure::advice).
  std::string_view advice;
};

// The whole table, ordered by code.
std::span<const ExitCodeRow> exit_codes();

// The row of a code; every enumerator has one.
const ExitCodeRow& exit_code_row(ExitCode code);

// Returns nullopt for a number that is not in the table.
std::optional<ExitCode> exit_code_from_number(int number);

// Returns the exit status of the process: the code itself on Windows (32 bits); elsewhere its low
// byte, or 1 if that byte is 0 and the code is not.
int process_exit_status(ExitCode code);

}  // namespace errors
