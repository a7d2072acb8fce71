#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "engine/commands/commands.h"

namespace engine::commands {

// How a command relates to the operation that it may be part of. An update is one operation over
// five commands of two handlers: disable(old), update(new), uninstall(old), install(new),
// enable(new); every other command begins and settles with its own transaction. One table decides.
//
// Where the handler that comes in is not this program, the update is a hand-over: ours is called
// for update and uninstall only, the other handler for the rest, of which we hear nothing. Its
// update command runs instead of ours where it is the higher version.

enum class OperationOpen {
  kNone,
  kUpdate,
  kHandOver,  // an update that brings in a handler which is not this program
};
inline constexpr std::string_view kUpdateKind = "update";  // the operation's kind in the journal

// Which handler calls. The command `update` counts as called by the handler that it brings in.
enum class Caller {
  kIncoming,      // the handler that the update brings in
  kOther,         // another handler: the outgoing one, or a third
  kAfterDisable,  // another handler, and a disable committed behind the last update command: the
                  // update is given up
  kBeside,        // `setup`, and the VM Agent's handlers opened the update
};

// How the caller's payload relates to the settled version; where none is settled, to the found one.
// kNewer: the caller's version replaces it; so does an older version after a downgrade to at most
// that version was undone.
enum class VersionRelation { kNothing, kSame, kNewer, kOlder };

// How earlier attempts at an update to this package with this sequence number ended.
enum class History {
  kFresh,      // there was none, or the last one settled
  kFailed,     // the last one was undone because one of its commands failed
  kBroken,     // the last one was undone because its process died or nobody continued it
  kExhausted,  // kMaxUpdateAttempts were made
};

enum class Decision {
  kAlone,          // the command begins and settles with its own transaction
  kOpen,           // it opens an update
  kOpenAndSettle,  // it opens and settles an update
  kJoin,           // it goes on with the open update
  kSettle,         // it goes on with the open update and settles it
  kRetire,         // it changes nothing: the incoming handler replaces what is there
  kHandOver,       // it starts what update put in place, gives up ownership and settles the update
  kGiveUp,         // it gives up ownership only: another handler's update has taken eBPF over
  kUndoFirst,      // the engine undoes the open update, then decides anew
  kStopUndoFirst,  // the same, but the undo starts nothing: the command is about to remove it
  kRepeat,         // it reports the failed attempt's cause again and starts what is not running
  kRefuse,         // too many attempts: it reports the last attempt's cause
  kLeave,          // it touches nothing: the VM Agent's update decides what is there
};
std::string_view to_text(Decision decision);
bool opens_update(Decision decision);
bool joins_update(Decision decision);  // the command is undone with the update
bool settles(Decision decision);       // after its commit no operation is open

// Returns what a person does, once its cause is mended, for a command that failed to be tried
// again; a phrase. After an undone update enable only repeats the failure (kRepeat), for it is
// called again and again; every other command of it makes a new attempt, of which there are
// kMaxUpdateAttempts. A new sequence number makes one for certain.
std::string_view tried_again_by(Command command, Decision decision);

// How many attempts at an update to one package with one sequence number are made; deaths count.
inline constexpr int kMaxUpdateAttempts = 3;
inline constexpr int kAttemptsForgottenAfterDays = 7;

// An open operation is abandoned when the machine was booted since the last command began, or when
// that command began so many minutes ago: no command takes that long, and the VM Agent makes the
// next call at once. With the recovery task's interval it is given up within 30 minutes.
inline constexpr int kAbandonedAfterMinutes = 20;

// nullopt in a row stands for every value.
struct OperationRow {
  OperationOpen open;
  std::optional<Command> command;
  std::optional<Caller> caller;             // open updates only
  std::optional<VersionRelation> relation;  // without an open update only
  std::optional<History> history;
  Decision decision;
  std::optional<bool> taken_over = std::nullopt;  // without an open update only
};
std::span<const OperationRow> operation_table();  // the first row that fits decides

struct Situation {
  OperationOpen open = OperationOpen::kNone;
  Command command = Command::kEnable;
  Caller caller = Caller::kOther;
  VersionRelation relation = VersionRelation::kNothing;
  History history = History::kFresh;
  // Another handler's update runs: its key is there, and came since our last install or enable.
  bool taken_over = false;
};
Decision decide(const Situation& situation);

}  // namespace engine::commands
