#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "errors/failure.h"
#include "journal/records.h"

namespace journal {

inline constexpr int kSchemaVersion = 5;           // of the newest file in schema/
inline constexpr int kApplicationId = 0x45425046;  // "EBPF", PRAGMA application_id

// Keys and values of `meta`.
using Facts = std::vector<std::pair<std::string, std::string>>;

enum class CommitPhase { kBefore, kAfter };

struct OpenOptions {
  std::string path;             // native path of journal.db; its folder exists
  std::string program_version;  // of this handler, "0.10.0.1"
  std::string machine_id;
  // Of the machine now: in the boot that wrote the last transaction no power cut has torn the -wal.
  // "": unknown.
  std::string boot_id;
  std::function<std::int64_t()> utc_ms;  // the machine's clock
  // Damage that the caller found in a row, as a sentence fragment ("has a damaged row: …"): the
  // file is set aside like one that SQLite cannot read. "": none.
  std::string damage;
  // With `damage`: what the first commit of the new journal writes into `meta`.
  Facts facts;
  // A sentence for the first event of a journal that takes a lost one's place; "" if none was lost.
  std::string lost;
  // Called right before and right after the sync of every commit. May throw Failure (before:
  // nothing was committed). Optional.
  std::function<void(CommitPhase)> on_commit;
};

class Journal;

// One SQLite transaction: all its rows become durable together at finish(), or none does. It begins
// with BEGIN IMMEDIATE; finish() returns after the sync; without finish() the destructor rolls it
// back. Triggers in the schema refuse an illegal transition of a state: kJournalUnusable, a defect
// of the caller. At most one Commit at a time.
class Commit {
 public:
  // Throws kBusy if another program, say a database shell, is writing.
  explicit Commit(Journal& journal);
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;
  ~Commit();

  // Both return the row's id; the state starts as kOpen. Of Operation they write kind, versions,
  // handler, package and sequence_number; of Transaction the fields up to sequence_number but for
  // `state` and undo_boot_id, work_folder and installation_change.
  std::int64_t open_operation(const Operation& operation);
  std::int64_t begin_transaction(const Transaction& transaction);
  // Writes position, kind, target, sentence, vital, parameters; the state starts as kPlanned.
  void add_step(std::int64_t transaction_id, const Step& step);

  void step_armed(std::int64_t transaction_id, std::int64_t position, const Json& before);
  void step_done(std::int64_t transaction_id, std::int64_t position, const Json& after);
  // Records a best-effort step that failed: kFailed if it was undone alone, kUndoFailed if its undo
  // failed too (undo_error not null).
  void step_failed(std::int64_t transaction_id, std::int64_t position, const Json& error,
                   const Json& undo_error);
  // Records why a step failed. Its undo keeps this error.
  void step_error(std::int64_t transaction_id, std::int64_t position, const Json& error);
  // `boot_id`: the boot within which this record is trusted.
  void step_undone(std::int64_t transaction_id, std::int64_t position, const std::string& boot_id,
                   const std::vector<std::string>& foreign);
  void step_undo_failed(std::int64_t transaction_id, std::int64_t position, const Json& undo_error);

  // One way: the transaction cannot commit after this. Keeps an earlier cause.
  void begin_undo(std::int64_t transaction_id, const Json& cause, const std::string& boot_id);
  // Sets the count of recovery's attempts, committed before the attempt; 0 after progress.
  void set_attempts(std::int64_t transaction_id, std::int64_t attempts);
  struct End {
    TransactionState state = TransactionState::kCommitted;
    bool recovered = false;
    int code = 0;
    Json cause;         // null keeps the recorded one
    Json undo_failure;  // null keeps the recorded one
    Json result;        // null keeps the recorded one
  };
  void end_transaction(std::int64_t transaction_id, const End& end);
  // One way: no transaction begins in the operation after this, and its committed transactions may
  // be undone. Keeps an earlier cause. `failed_command`: "" if no command failed.
  void begin_operation_undo(std::int64_t operation_id, const Json& cause,
                            const std::string& failed_command);
  void end_operation(std::int64_t operation_id, OperationState state);

  void event(std::int64_t transaction_id, Level level, const std::string& text);

  void put_owned(const Owned& owned);  // inserts or replaces, by kind and name (without case)
  void forget_owned(const std::string& kind, const std::string& name);
  void forget_all_owned();
  void put_meta(const std::string& key, const std::string& value);
  void forget_meta(const std::string& key);

  // Commits and syncs. After a Failure (kDiskFull, kJournalUnusable) the handle refuses further
  // use: reopen and read.
  void finish();

 private:
  Journal& journal_;
  bool finished_ = false;
};

// The journal, open for writing. The caller holds the lock (lock.h).
class Journal final : public Records {
 public:
  // Opens or makes the journal; runs missing schema files; reads all pragmas back (WAL,
  // synchronous=FULL, foreign keys). Throws:
  //   kJournalTooNew   meta.min_program is newer than this program's schema; nothing was written;
  //   kDiskFull        no space even after the reserve was released;
  //   kJournalUnusable it cannot be opened or set aside (read-only, a folder in its place).
  // Sets a file that is no database, truncated or damaged (quick_check) aside as
  // "journal.db.damaged-<UTC>" with its -wal and -shm, and makes a new one, whose first event says
  // so: see was_set_aside().
  static std::unique_ptr<Journal> open(const OpenOptions& options);
  ~Journal() override;

  // Native path of the file that was set aside at open; "" for none.
  const std::string& was_set_aside() const;
  // Sentences about the opening that cost nothing: an attribute that was taken away.
  const std::vector<std::string>& notes() const;
  // Returns true if meta.machine_id names another machine: this is a cloned image.
  // put_meta("machine_id", ...) clears that.
  bool from_another_machine() const;

  // Returns true if the transaction or its operation is under way or waits for a boot: recovery may
  // need its before-images.
  bool may_be_needed(const Transaction& transaction) const;
  std::int64_t next_transaction_id();  // the id that the next begin_transaction returns

  // Copies the WAL into the file and truncates it, so that the file at rest is single. Returns
  // false (a warning) if a reader or the disk prevented it. After a disk error the WAL still has
  // everything, and this handle refuses further use.
  bool checkpoint();
  // Deletes the oldest ended transactions beyond the bounds (500 transactions, 400 days, 16 MiB),
  // in one commit; never the last settled operation nor an open one. Returns how many transactions
  // it deleted.
  int prune();

 private:
  friend class Commit;
  struct State;
  explicit Journal(std::unique_ptr<State> state);
  std::optional<Source> source() const override;
  void bring_up_to_date(const std::vector<std::string>& warnings);
  std::unique_ptr<State> state_;
};

}  // namespace journal
