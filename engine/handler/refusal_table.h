#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace engine::handler {

// How a command ends that fails before its transaction has begun: one table, of which the first row
// that fits decides. What fails behind that is undone by the transaction itself.

enum class Reached {
  kRecovery,  // what an earlier command left could not be recovered, or waits for the next boot
  kCall,      // it is not known what the command is to an open update: its environment, its
              // package or the machine could not be read
  kDecision,  // it is known
};
std::string_view to_text(Reached reached);

enum class RefusalEnd {
  kTold,          // by exit code, output, and the log and status made without a journal
  kRecorded,      // as a transaction of its own, refused
  kUpdateUndone,  // recorded in the open update, which is undone as a whole
  kGivenBack,     // a transaction that begins only to be undone gives back what disable stopped
};
std::string_view to_text(RefusalEnd end);

// nullopt in a row stands for every value.
struct RefusalRow {
  std::optional<bool> has_journal;
  std::optional<bool> is_recover;  // the command that nobody waits for
  std::optional<Reached> reached;
  std::optional<bool> joins;       // the decision: it was to go on with the open update
  std::optional<bool> gives_back;  // it was to open one, and something is stopped for that
  RefusalEnd end;
};
std::span<const RefusalRow> refusal_table();

struct RefusalSituation {
  bool has_journal = false;
  bool is_recover = false;
  Reached reached = Reached::kCall;
  bool joins = false;
  bool gives_back = false;
};
RefusalEnd decide_refusal(const RefusalSituation& situation);

}  // namespace engine::handler
