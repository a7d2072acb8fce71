#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/commands/commands.h"

namespace engine::commands {

// What a command does to the operation behind it. An update is one operation over five commands of
// two handlers: disable(old), update(new), uninstall(old), install(new), enable(new); everything
// else begins and settles with its own transaction. One table decides; every answer is in it.

enum class OperationOpen { kNone, kUpdate };
inline constexpr std::string_view kUpdateKind = "update";  // of such an operation, in the journal

// Who calls, seen from the open update. For `update` it is the version that it brings in.
enum class Caller {
  kIncoming,      // the handler that the update brings in
  kOther,         // any other: the one that goes, or a third
  kAfterDisable,  // any other, and a disable has come since the update began: it is given up
};

// How the caller's payload relates to what is settled (with nothing settled: to what is found).
enum class VersionRelation { kNothing, kSame, kNewer, kOlder };

// What became of earlier attempts at an update to this package with this sequence number.
enum class History {
  kFresh,      // none, or the last one settled
  kFailed,     // the last one was undone since a command of it failed
  kBroken,     // the last one was undone since its process died or nobody continued it
  kExhausted,  // kMaxUpdateAttempts were made
};

enum class Decision {
  kAlone,          // begins and settles with its own transaction
  kOpen,           // opens an update
  kOpenAndSettle,  // an update in one command
  kJoin,           // goes on with the open update
  kSettle,         // goes on with it and settles it
  kRetire,         // goes on with it: what is there stays, for the incoming handler to replace
  kUndoFirst,      // undoes the open update, then is decided anew
  kStopUndoFirst,  // the same, but starts nothing: what it gives back is about to be removed
  kRepeat,         // says again what the failed attempt said; starts what is not running
  kRefuse,         // too many attempts: says what the last one said
};
std::string_view to_text(Decision decision);
bool opens_update(Decision decision);
bool joins_update(Decision decision);  // and is undone with it
bool settles(Decision decision);       // with its commit nothing is open any more

// An update to one package is tried so often for one sequence number; deaths count.
inline constexpr int kMaxUpdateAttempts = 3;

// Nobody goes on with what is open when the machine was booted since the last command began, or
// when that was so long ago: no command takes that long, and the VM Agent makes the next one at
// once. With the recovery task's interval, an abandoned operation is given up within 30 minutes.
inline constexpr int kAbandonedAfterMinutes = 20;

// nullopt in a row relation for every value.
struct OperationRow {
  OperationOpen open;
  std::optional<Command> command;
  std::optional<Caller> caller;             // open updates only
  std::optional<VersionRelation> relation;  // without an open update only
  std::optional<History> history;
  Decision decision;
};
std::span<const OperationRow> operation_table();  // the first row that fits decides

struct Situation {
  OperationOpen open = OperationOpen::kNone;
  Command command = Command::kEnable;
  Caller caller = Caller::kOther;
  VersionRelation relation = VersionRelation::kNothing;
  History history = History::kFresh;
};
Decision decide(const Situation& situation);

}  // namespace engine::commands
