#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "errors/failure.h"
#include "journal/records.h"

namespace journal {

inline constexpr int kSchemaVersion = 2;           // of the newest file in schema/
inline constexpr int kApplicationId = 0x45425046;  // "EBPF", PRAGMA application_id

enum class CommitPhase { kBefore, kAfter };

struct OpenOptions {
  std::string path;             // native path of journal.db; its folder exists
  std::string program_version;  // of this handler, "0.10.0.1"
  std::string machine_id;
  std::function<std::int64_t()> utc_ms;  // the machine's clock
  // An earlier journal is known to be lost ("" for none): a sentence for the new one's first event.
  std::string lost;
  // Told of every commit, right before and right after the sync. May throw Failure (before: nothing
  // was committed). Optional.
  std::function<void(CommitPhase)> on_commit;
};

class Journal;

// One SQLite transaction: everything said here becomes durable together at finish(), or not at all.
// BEGIN IMMEDIATE; finish() returns after the sync. Destroyed without finish(): rolled back. States
// only move along the legal transitions (triggers in the schema refuse others: kJournalUnusable, a
// defect of the caller). At most one Commit at a time.
class Commit {
 public:
  // Throws kBusy where a stranger, say a database shell, is writing.
  explicit Commit(Journal& journal);
  Commit(const Commit&) = delete;
  Commit& operator=(const Commit&) = delete;
  ~Commit();

  // Both return the row's id. Fields given: kind to sequence_number / all of Transaction up to
  // sequence_number and work_folder. State starts as kOpen.
  std::int64_t open_operation(const Operation& operation);
  std::int64_t begin_transaction(const Transaction& transaction);
  // States: kPlanned. Fields given: position, kind, target, sentence, vital, parameters.
  void add_step(std::int64_t transaction_id, const Step& step);

  void step_armed(std::int64_t transaction_id, std::int64_t position, const Json& before);
  void step_done(std::int64_t transaction_id, std::int64_t position, const Json& after);
  // Best effort: failed and undone alone; or undo failed too (undo_error not null).
  void step_failed(std::int64_t transaction_id, std::int64_t position, const Json& error,
                   const Json& undo_error);
  // The step whose apply failed keeps its error beside what undo makes of it.
  void step_error(std::int64_t transaction_id, std::int64_t position, const Json& error);
  void step_undone(std::int64_t transaction_id, std::int64_t position,
                   const std::vector<std::string>& foreign);
  void step_undo_failed(std::int64_t transaction_id, std::int64_t position, const Json& undo_error);

  // One way: no transaction goes forward after this. Keeps an earlier cause.
  void begin_undo(std::int64_t transaction_id, const Json& cause, const std::string& boot_id);
  // An attempt of recovery, committed before it is made; 0 resets the count (progress).
  void set_attempts(std::int64_t transaction_id, std::int64_t attempts);
  struct End {
    TransactionState state = TransactionState::kCommitted;
    bool recovered = false;
    int code = 0;
    Json cause;         // null keeps what is there
    Json undo_failure;  // null keeps what is there
    Json result;        // null keeps what is there
  };
  void end_transaction(std::int64_t transaction_id, const End& end);
  // One way: no transaction begins in the operation after this, and those that were committed in it
  // may be undone. Keeps an earlier cause. `failed_command`: "" where none failed.
  void begin_operation_undo(std::int64_t operation_id, const Json& cause,
                            const std::string& failed_command);
  void end_operation(std::int64_t operation_id, OperationState state);

  void event(std::int64_t transaction_id, Level level, const std::string& text);

  void put_owned(const Owned& owned);  // inserts or replaces, by kind and name (without case)
  void forget_owned(const std::string& kind, const std::string& name);
  void forget_all_owned();
  void put_meta(const std::string& key, const std::string& value);
  void forget_meta(const std::string& key);

  // Commits and syncs. Throws Failure (kDiskFull, kJournalUnusable); the handle is then not used
  // again: reopen and read.
  void finish();

 private:
  Journal& journal_;
  bool finished_ = false;
};

// The journal, open for writing. The caller holds the lock (lock.h).
class Journal final : public Records {
 public:
  // Opens or makes it; runs missing schema files; reads all pragmas back (WAL, synchronous=FULL,
  // foreign keys). Throws:
  //   kJournalTooNew   meta.min_program is newer than this program's schema; nothing was written;
  //   kDiskFull        no space even after the reserve was released;
  //   kJournalUnusable cannot be opened and cannot be set aside (read-only, a folder in its place).
  // A file that is no database, truncated or damaged (quick_check) is set aside as
  // "journal.db.damaged-<UTC>" with its -wal and -shm, and a new one made whose first event says
  // so: see was_set_aside().
  static std::unique_ptr<Journal> open(const OpenOptions& options);
  ~Journal() override;

  // Native path of the file that was set aside at open; "" for none.
  const std::string& was_set_aside() const;
  // meta.machine_id names another machine: this is a cloned image. Cleared by
  // put_meta("machine_id", ...).
  bool from_another_machine() const;

  // It, or its operation, is under way or waits for a boot: its before-images may be wanted.
  bool may_be_needed(const Transaction& transaction) const;
  std::int64_t next_transaction_id();  // the id that the next begin_transaction returns

  // Copies the WAL into the file and truncates it, so that the file at rest is single. false (a
  // warning): a reader prevented it; or the disk did, and then the WAL still has everything and
  // this handle is not used again.
  bool checkpoint();
  // Deletes the oldest ended transactions beyond the bounds (500 transactions, 400 days, 16 MiB);
  // never the last settled operation nor an open one. One commit where something is deleted;
  // returns how many.
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
