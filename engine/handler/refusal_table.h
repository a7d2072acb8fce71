#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace engine::handler {

// How a command ends that fails before its transaction has begun: one table, of which the first row
// that fits decides. The transaction itself undoes a later failure.

// How far the command had come when it failed.
enum class Reached {
  kRecovery,  // an earlier command's remains could not be recovered, or wait for the next boot
  kCall,      // environment, package or machine could not be read: the decision is unknown
  kDecision,  // the decision is known
};
std::string_view to_text(Reached reached);

enum class RefusalEnd {
  kLeftToOther,   // success: the command at work has recovered already
  kTold,          // by exit code, output, and the log and status made without a journal
  kRecorded,      // as a refused transaction of its own
  kUpdateUndone,  // recorded in the open update, which is undone as a whole
  kGivenBack,     // a transaction that begins only to be undone gives back what disable stopped
};
std::string_view to_text(RefusalEnd end);

// nullopt in a row stands for every value.
struct RefusalRow {
  std::optional<bool> is_busy;  // another command holds the lock
  std::optional<bool> has_journal;
  std::optional<bool> is_recover;    // the command is `recover`, for which nobody waits
  std::optional<bool> in_safe_mode;  // nothing that was stopped can be started
  std::optional<Reached> reached;
  std::optional<bool> joins;       // the command was to go on with the open update
  std::optional<bool> gives_back;  // it was to open an update for which something is stopped
  RefusalEnd end;
};
std::span<const RefusalRow> refusal_table();

struct RefusalSituation {
  bool is_busy = false;
  bool has_journal = false;
  bool is_recover = false;
  bool in_safe_mode = false;
  Reached reached = Reached::kCall;
  bool joins = false;
  bool gives_back = false;
};
RefusalEnd decide_refusal(const RefusalSituation& situation);

}  // namespace engine::handler
