#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.h"

namespace journal {

using Json = nlohmann::json;

// The states in the tables. Never renamed, never removed: older and newer programs read them.
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
  kFailed,  // best effort: it failed and was undone alone
  kUndone,
  kUndoFailed
};
enum class Level { kInfo, kWarning, kError };

std::string_view to_text(OperationState state);
std::string_view to_text(TransactionState state);
std::string_view to_text(StepState state);
std::string_view to_text(Level level);
// Return nullopt for a state that this program does not know (a newer one wrote it).
std::optional<OperationState> operation_state_from(std::string_view text);
std::optional<TransactionState> transaction_state_from(std::string_view text);
std::optional<StepState> step_state_from(std::string_view text);

struct Operation {
  std::int64_t id = 0;
  std::string kind;                     // "install", "enable", "update" ...
  std::optional<OperationState> state;  // nullopt: unknown to this program
  std::string from_version;             // settled before; "" for none
  std::string to_version;
  // Updates only: the incoming handler, and the goal state.
  std::string handler;  // version of the incoming handler, "0.10.0.1"; "" for none
  std::string package;  // its identity, which the engine makes; "" for none
  std::optional<std::int64_t> sequence_number;
  Json cause;  // why it is, or was, undone (Failure::to_json); null: it is not undone
  // The command whose failure began the undo; "" if none failed: its process died, or nobody
  // continued the operation.
  std::string failed_command;
  std::string opened_at;   // "2026-11-22T10:18:00.123Z"
  std::string undoing_at;  // when its undo began; "" if it did not
  std::string settled_at;  // "" while open
};

struct Transaction {
  std::int64_t id = 0;
  std::int64_t operation_id = 0;
  std::string command;
  std::optional<TransactionState> state;
  std::string program_version;  // of the handler that began it
  std::string payload_version;  // of its package; "" if it has none
  std::string machine_id;
  std::string boot_id;
  std::string undo_boot_id;  // the boot of the newest attempt to undo it; "" before the first
  std::int64_t process_id = 0;
  std::optional<std::int64_t> sequence_number;
  std::string work_folder;    // machine path; "" if none is used
  bool recovered = false;     // ended by recovery, not by the command that began it
  std::int64_t attempts = 0;  // recovery attempts without progress
  int code = 0;               // exit code of the command, whole
  Json cause;                 // Failure::to_json; null: none
  Json undo_failure;          // null: none
  // How its commit changes the installation state, written when it begins; null: it does not, or a
  // program of schema 1 began it.
  Json installation_change;
  std::string damage;  // as of a step
  Json result;         // the component status for the reports; null: none
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
  std::string undone_at;  // when its undo ended last, well or not; "": it was not undone
  std::int64_t duration_ms = 0;
  // "" if the row can be acted on; else a sentence fragment, "its before-image is not what was
  // written". A damaged row is shown to people, and nothing is done by it.
  std::string damage;
  // Boot in which it was undone. "": not undone, or by a program of schema 1 or 2.
  std::string undo_boot_id;
};

struct Event {
  std::int64_t id = 0;
  std::int64_t transaction_id = 0;  // 0: it belongs to none
  std::string at;
  Level level = Level::kInfo;
  std::string text;  // one line
};

// Key of `meta` that open() sets with the first commit of a journal that takes a lost one's place:
// objects on the machine may be ours although no row says so.
inline constexpr const char* kTakeOver = "take_over";

// Whose an object of the table `owned` is, if it is not ours: words of its column `origin`.
inline constexpr const char* kAdopted = "adopted";  // found in the version that was to come
inline constexpr const char* kOfMsi = "msi";        // of a product of Windows Installer

// An object on the machine that is ours, or that we use and leave (`origin`).
struct Owned {
  std::string kind;       // "file", "folder", "service", or another that the engine names
  std::string name;       // path or service name, as it was made
  std::string sha256;     // a file's content, a task's XML
  std::string file_id;    // files
  std::int64_t size = 0;  // files, bytes
  std::string version;    // payload version that it belongs to
  // nullopt: ours; else kAdopted or kOfMsi: it stays when ours goes.
  std::optional<std::string> origin = {};
  std::string damage = {};  // as of a step
};

struct Source;  // rows.h

// Reads the rows of a journal that is open for writing (journal.h), or only for reading (reader.h).
// Every call throws kJournalUnusable if SQLite cannot read the journal, or if a row's JSON is
// damaged.
class Records {
 public:
  Records() = default;
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;
  virtual ~Records() = default;

  std::vector<Transaction> transactions() const;  // oldest first
  // The newest `limit` below the id `before` that were begun at `since` or later ("": whenever);
  // `failed`: but for those that committed with code 0. Newest first.
  std::vector<Transaction> newest_transactions(
      const std::string& since, bool failed, std::int64_t limit,
      std::int64_t before = std::numeric_limits<std::int64_t>::max()) const;
  std::optional<Transaction> newest_transaction() const;
  std::optional<Transaction> transaction_before(std::int64_t id) const;
  std::optional<Transaction> transaction_after(std::int64_t id) const;  // 0: the oldest
  // Open, undoing, waiting for a boot, or in an unknown state; newest first.
  std::vector<Transaction> unfinished() const;
  std::optional<Transaction> find_transaction(std::int64_t id) const;
  Transaction transaction(std::int64_t id) const;  // throws if there is none
  std::vector<Transaction> transactions_of(std::int64_t operation_id) const;  // newest first
  std::vector<Transaction> of_boot(const std::string& boot_id) const;  // begun in it, newest first
  std::vector<Transaction> with_work_folder() const;  // work_folder not "", in any state
  std::vector<Step> steps(std::int64_t transaction_id) const;
  std::optional<Operation> open_operation() const;
  std::optional<Operation> find_operation(std::int64_t id) const;
  Operation operation(std::int64_t id) const;  // throws if there is none
  // Updates that were opened at `opened_at` or later, newest first.
  std::vector<Operation> updates_since(const std::string& opened_at) const;
  std::vector<Event> events(std::int64_t transaction_id) const;  // 0: the events of no transaction
  // Of all transactions and of none, the oldest `limit` (0: all).
  std::vector<Event> events_after(std::int64_t event_id, std::int64_t limit = 0) const;
  std::vector<Owned> owned() const;
  std::optional<std::string> meta(const std::string& key) const;
  // The keys of `meta` whose row is not what was written: nothing is done by it.
  std::vector<std::string> damaged_meta() const;

 protected:
  // Returns nullopt for a journal that was made and never written to: it has no tables.
  virtual std::optional<Source> source() const = 0;
};

// The words of `journal list`: committed, refused, undone, recovered-before, recovered-after,
// reboot-needed, inconsistent, open.
std::string_view outcome(const Transaction& transaction);

}  // namespace journal
