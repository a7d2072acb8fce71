#include <array>
#include <utility>

#include "journal/records.h"

namespace journal {
namespace {

// The words in the tables. Never renamed, never removed.
template <typename State, std::size_t N>
using Words = std::array<std::pair<State, std::string_view>, N>;

constexpr Words<OperationState, 6> kOperationWords{{{OperationState::kOpen, "open"},
                                                    {OperationState::kUndoing, "undoing"},
                                                    {OperationState::kSettled, "settled"},
                                                    {OperationState::kUndone, "undone"},
                                                    {OperationState::kRebootNeeded, "reboot-needed"},
                                                    {OperationState::kInconsistent,
                                                     "inconsistent"}}};

constexpr Words<TransactionState, 7> kTransactionWords{
    {{TransactionState::kOpen, "open"},
     {TransactionState::kUndoing, "undoing"},
     {TransactionState::kCommitted, "committed"},
     {TransactionState::kUndone, "undone"},
     {TransactionState::kRefused, "refused"},
     {TransactionState::kRebootNeeded, "reboot-needed"},
     {TransactionState::kInconsistent, "inconsistent"}}};

constexpr Words<StepState, 6> kStepWords{{{StepState::kPlanned, "planned"},
                                          {StepState::kArmed, "armed"},
                                          {StepState::kDone, "done"},
                                          {StepState::kFailed, "failed"},
                                          {StepState::kUndone, "undone"},
                                          {StepState::kUndoFailed, "undo-failed"}}};

constexpr Words<Level, 3> kLevelWords{
    {{Level::kInfo, "info"}, {Level::kWarning, "warning"}, {Level::kError, "error"}}};

template <typename State, std::size_t N>
std::string_view word_of(const Words<State, N>& words, State state) {
  for (const auto& [value, word] : words) {
    if (value == state) return word;
  }
  return "";
}

template <typename State, std::size_t N>
std::optional<State> state_of(const Words<State, N>& words, std::string_view text) {
  for (const auto& [value, word] : words) {
    if (word == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(OperationState state) { return word_of(kOperationWords, state); }
std::string_view to_text(TransactionState state) { return word_of(kTransactionWords, state); }
std::string_view to_text(StepState state) { return word_of(kStepWords, state); }
std::string_view to_text(Level level) { return word_of(kLevelWords, level); }

std::optional<OperationState> operation_state_from(std::string_view text) {
  return state_of(kOperationWords, text);
}

std::optional<TransactionState> transaction_state_from(std::string_view text) {
  return state_of(kTransactionWords, text);
}

std::optional<StepState> step_state_from(std::string_view text) {
  return state_of(kStepWords, text);
}

std::string_view outcome(const Transaction& transaction) {
  switch (transaction.state.value_or(TransactionState::kOpen)) {
    case TransactionState::kCommitted:
      return transaction.recovered ? "recovered-after" : "committed";
    case TransactionState::kUndone:
      return transaction.recovered ? "recovered-before" : "undone";
    case TransactionState::kRefused:
    case TransactionState::kRebootNeeded:
    case TransactionState::kInconsistent:
      return to_text(*transaction.state);
    case TransactionState::kOpen:
    case TransactionState::kUndoing:
      break;
  }
  return "open";
}

}  // namespace journal
