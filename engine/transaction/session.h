#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "journal/journal.h"
#include "journal/lock.h"

namespace engine::transaction {

// The journal's room for one command: folder, lock, reserve, the open journal. Made under the lock,
// given back with it.
class Session {
 public:
  struct Options {
    std::string program_version;
    std::string holder;                          // "1234 enable"
    std::chrono::milliseconds patience{30'000};  // for the lock, real time
    std::function<void(journal::CommitPhase)> on_commit;
  };
  // Makes the folder where it is missing. Throws kBusy, kJournalUnusable, kJournalTooNew,
  // kDiskFull; nothing else on the machine is touched.
  Session(machine::Machine& machine, Options options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // nullptr after the journal failed and could not be opened again.
  journal::Journal* journal() { return journal_.get(); }
  // After a failed commit the handle is not trusted: closes it and opens the journal again. Throws
  // like the constructor; there is no journal then.
  void reopen();
  // One commit. Throws what Commit::finish throws, or kJournalUnusable without a journal.
  void commit(const std::function<void(journal::Commit&)>& write);

  // On a cloned image: from here on the journal is this machine's. False: it is no clone.
  bool adopt_clone();

  // Makes the reserve file. Before a transaction begins. Throws kDiskFull.
  void make_reserve();

  // Sentences about the opening: a folder moved aside, a damaged journal set aside.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  void open();
  machine::Machine& machine_;
  Options options_;
  std::vector<std::string> notes_;
  std::string lost_;  // why the journal that is opened cannot be the earlier one
  std::unique_ptr<journal::Lock> lock_;
  std::unique_ptr<journal::Journal> journal_;
};

}  // namespace engine::transaction
