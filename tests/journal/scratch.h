#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace journal {

// A folder of the test's own, gone afterwards; in memory where there is room, since no test here
// needs a real disk and all of them sync.
class Scratch {
 public:
  Scratch() {
    std::string name = (base() / "journal-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code error;
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
    std::filesystem::remove_all(folder_, error);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::filesystem::path base() {
    constexpr std::uintmax_t kEnough = std::uintmax_t{256} * 1024 * 1024;
    std::error_code error;
    const std::filesystem::space_info memory = std::filesystem::space("/dev/shm", error);
    const bool usable = !error && memory.available >= kEnough && ::access("/dev/shm", W_OK) == 0;
    return usable ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
  }

  std::string journal() const { return path("journal.db"); }

  std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

 private:
  std::filesystem::path folder_;
};

inline std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline constexpr std::int64_t kNow = 1795342680123;  // 2026-11-22T10:18:00.123Z

inline OpenOptions options_for(const std::string& path,
                               std::function<void(CommitPhase)> on_commit = {}) {
  OpenOptions options;
  options.path = path;
  options.program_version = "0.10.0.1";
  options.machine_id = "machine-a";
  options.utc_ms = [] { return kNow; };
  options.on_commit = std::move(on_commit);
  return options;
}

inline std::unique_ptr<Journal> open_at(const std::string& path) {
  return Journal::open(options_for(path));
}

inline Transaction transaction_of(std::int64_t operation_id, const std::string& command) {
  Transaction transaction;
  transaction.operation_id = operation_id;
  transaction.command = command;
  transaction.program_version = "0.10.0.1";
  transaction.payload_version = "0.10.0";
  transaction.machine_id = "machine-a";
  transaction.boot_id = "boot-1";
  transaction.process_id = 1234;
  transaction.sequence_number = 7;
  transaction.work_folder = R"(C:\ProgramData\EbpfForWindows\work\1)";
  return transaction;
}

inline Step step_at(std::int64_t position, bool vital = true) {
  Step step;
  step.position = position;
  step.kind = "register-driver";
  step.target = "Driver" + std::to_string(position);
  step.sentence = "Register driver " + step.target;
  step.vital = vital;
  step.parameters = {{"image", R"(C:\a.sys)"}};
  return step;
}

// begin + plan + before-image of 1: the first commit of a transaction of `steps` steps.
inline std::int64_t begin(Journal& journal, int steps, const std::string& command = "install") {
  Commit commit(journal);
  const std::int64_t operation = commit.open_operation({.kind = command, .to_version = "0.10.0"});
  const std::int64_t id = commit.begin_transaction(transaction_of(operation, command));
  for (int position = 1; position <= steps; ++position)
    commit.add_step(id, step_at(position));
  if (steps > 0) commit.step_armed(id, 1, {{"existed", false}});
  commit.finish();
  return id;
}

// done k + before-image of k+1.
inline void next(Journal& journal, std::int64_t id, std::int64_t done) {
  Commit commit(journal);
  commit.step_done(id, done, {{"left", done}});
  commit.step_armed(id, done + 1, {{"existed", false}});
  commit.finish();
}

// done N + committed + settled.
inline void settle(Journal& journal, std::int64_t id, std::int64_t last) {
  const std::int64_t operation = journal.transaction(id).operation_id;
  Commit commit(journal);
  if (last > 0) commit.step_done(id, last, {{"left", last}});
  commit.end_transaction(id, {.state = TransactionState::kCommitted});
  commit.end_operation(operation, OperationState::kSettled);
  commit.finish();
}

// A whole transaction; steps + 1 commits.
inline std::int64_t run_transaction(Journal& journal, int steps,
                                    const std::string& command = "install") {
  const std::int64_t id = begin(journal, steps, command);
  for (int done = 1; done < steps; ++done)
    next(journal, id, done);
  settle(journal, id, steps);
  return id;
}

// The exit code of the Failure that `act` throws; kSuccess where it throws none.
template <typename Act>
errors::ExitCode code_of(Act act, std::string* message = nullptr) {
  try {
    act();
  } catch (const errors::Failure& failure) {
    if (message != nullptr) *message = failure.message();
    return failure.code();
  }
  return errors::ExitCode::kSuccess;
}

// A connection past journal/, with all constraints off: what a newer program, or damage, may write.
inline void write_raw(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA trusted_schema = ON");
  database.exec("PRAGMA ignore_check_constraints = ON");
  database.exec("PRAGMA foreign_keys = OFF");
  database.exec(sql);
}

}  // namespace journal
