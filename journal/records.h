#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace journal {

using Json = nlohmann::json;

// States as the tables hold them. Never renamed, never removed: older and newer programs read them.
enum class OperationState { kOpen, kUndoing, kSettled, kUndone, kRebootNeeded, kInconsistent };
enum class TransactionState {
  kOpen,
  kUndoing,
  kCommitted,
  kUndone,
  kRefused,
  kRebootNeeded,
  kInconsistent
};
enum class StepState {
  kPlanned,  // not begun
  kArmed,    // its before-image is durable; its effect may have begun
  kDone,
  kFailed,  // best effort: failed, undone alone
  kUndone,
  kUndoFailed
};
enum class Level { kInfo, kWarning, kError };

std::string_view to_text(OperationState state);
std::string_view to_text(TransactionState state);
std::string_view to_text(StepState state);
std::string_view to_text(Level level);
// nullopt: a state that this program does not know (written by a newer one).
std::optional<OperationState> operation_state_from(std::string_view text);
std::optional<TransactionState> transaction_state_from(std::string_view text);
std::optional<StepState> step_state_from(std::string_view text);

struct Operation {
  std::int64_t id = 0;
  std::string kind;                     // "install", "enable", "update" ...
  std::optional<OperationState> state;  // nullopt: unknown to this program
  std::string from_version;             // settled before; "" for none
  std::string to_version;
  // Updates only: who comes in, and for which goal state.
  std::string handler;  // version of the incoming handler, "0.10.0.1"; "" for none
  std::string package;  // SHA-256 of its payload.json; "" for none
  std::optional<std::int64_t> sequence_number;
  Json cause;  // why it is, or was, undone (Failure::to_json); null: it is not
  // The command that failed and so began the undo; "" where none did: a death, or an operation that
  // nobody continued.
  std::string failed_command;
  std::string opened_at;   // "2026-11-22T10:18:00.123Z"
  std::string settled_at;  // "" while open
};

struct Transaction {
  std::int64_t id = 0;
  std::int64_t operation_id = 0;
  std::string command;
  std::optional<TransactionState> state;
  std::string program_version;  // of the handler that began it
  std::string payload_version;  // of its package; "" where it had none
  std::string machine_id;
  std::string boot_id;
  std::string undo_boot_id;  // boot in which the recorded undos were made; "" before the first undo
  std::int64_t process_id = 0;
  std::optional<std::int64_t> sequence_number;
  std::string work_folder;    // machine path; "" where none is used
  bool recovered = false;     // ended by recovery, not by the command that began it
  std::int64_t attempts = 0;  // recovery attempts without progress
  int code = 0;               // exit code of the command, whole
  Json cause;                 // Failure::to_json; null: none
  Json undo_failure;          // null: none
  // What its commit changes in what the journal knows of the installation, written when it begins;
  // null: nothing, or a program of schema 1 began it.
  Json installation_change;
  Json result;  // what the reports need and steps do not hold (substatus, notes); null: none
  std::string started_at;
  std::string ended_at;  // "" while open
  std::int64_t duration_ms = 0;
};

struct Step {
  std::int64_t position = 0;  // 1 ..
  std::string kind;
  std::string target;
  std::string sentence;
  bool vital = true;
  Json parameters;
  Json before;  // null until armed
  Json after;   // null until done
  std::optional<StepState> state;
  Json error;  // null: none
  Json undo_error;
  std::vector<std::string> foreign;  // objects that undo left alone
  std::string armed_at;
  std::string ended_at;
  std::int64_t duration_ms = 0;
};

struct Event {
  std::int64_t id = 0;
  std::int64_t transaction_id = 0;  // 0: belongs to none
  std::string at;
  Level level = Level::kInfo;
  std::string text;  // one line
};

// Key of `meta` that open() sets with the first commit of a journal that takes a lost one's place:
// what is on the machine may be ours although no row says so.
inline constexpr const char* kTakeOver = "take_over";

// What on the machine is ours.
struct Owned {
  std::string kind;       // "file", "folder", "service"
  std::string name;       // path or service name, as it was made
  std::string sha256;     // files
  std::string file_id;    // files
  std::int64_t size = 0;  // files, bytes
  std::string version;    // payload version that it belongs to
};

struct Source;  // rows.h

// The rows of a journal as they are read: of the one that is open for writing (journal.h), or of a
// copy (reader.h). Every call throws kJournalUnusable where SQLite cannot read it, or where a row
// holds what is no JSON.
class Records {
 public:
  Records() = default;
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;
  virtual ~Records() = default;

  std::vector<Transaction> transactions() const;  // oldest first
  // Open, undoing, or waiting for a boot; newest first. Those in an unknown state are among them.
  std::vector<Transaction> unfinished() const;
  std::optional<Transaction> find_transaction(std::int64_t id) const;
  Transaction transaction(std::int64_t id) const;                             // throws for none
  std::vector<Transaction> transactions_of(std::int64_t operation_id) const;  // newest first
  std::vector<Transaction> of_boot(const std::string& boot_id) const;  // begun in it, newest first
  std::vector<Transaction> with_work_folder() const;  // work_folder not "", whatever their state
  std::vector<Step> steps(std::int64_t transaction_id) const;
  std::optional<Operation> open_operation() const;
  std::optional<Operation> find_operation(std::int64_t id) const;
  Operation operation(std::int64_t id) const;  // throws for none
  // Updates to this package (SHA-256 of payload.json), newest first.
  std::vector<Operation> updates_to(const std::string& package) const;
  std::vector<Event> events(std::int64_t transaction_id) const;  // 0: those of none
  std::vector<Event> events_after(std::int64_t event_id) const;  // of all
  std::vector<Owned> owned() const;
  std::optional<std::string> meta(const std::string& key) const;

 protected:
  // nullopt: a journal that was made and never written to, which has no tables.
  virtual std::optional<Source> source() const = 0;
};

// The words of `journal list`: committed, refused, undone, recovered-before, recovered-after,
// reboot-needed, inconsistent, open.
std::string_view outcome(const Transaction& transaction);

}  // namespace journal
