#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/machine/machine.h"
#include "journal/journal.h"
#include "journal/lock.h"

namespace engine::transaction {

// The journal for one command: its folder, the lock, the reserve, the open journal. The destructor
// closes the journal, then releases the lock.
class Session {
 public:
  static constexpr const char* kLockFile = "lock";  // beside the journal

  struct Options {
    std::string program_version;
    std::string holder;                          // "1234 enable"
    std::chrono::milliseconds patience{30'000};  // for the lock, real time
    std::function<void(journal::CommitPhase)> on_commit;
  };
  // Makes the folder if it is missing, takes the lock, opens the journal. Throws kBusy,
  // kJournalUnusable, kJournalTooNew, kDiskFull. Touches nothing else on the machine.
  Session(machine::Machine& machine, Options options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Returns nullptr if the journal failed and could not be opened again.
  journal::Journal* journal() { return journal_.get(); }
  // Closes the journal and opens it again, since the handle is not trusted after a failed commit.
  // Throws like the constructor; there is no journal then.
  void reopen();
  // Sets the journal aside, since a row of it cannot be acted on, and begins a new one, which takes
  // the machine over by looking at it. `damage`: a sentence fragment, "has a damaged row: …".
  // `facts`: what of the old one's `meta` the new one begins with. Throws like the constructor.
  void set_aside(const std::string& damage, journal::Facts facts);
  // Writes one commit. Throws what Commit::finish throws, or kJournalUnusable without a journal.
  void commit(const std::function<void(journal::Commit&)>& write);

  // On a cloned image, makes the journal this machine's. Returns false if the machine is no clone.
  bool adopt_clone();

  // Returns true if the disk has room for the reserve file and hardly more.
  bool is_short_of_room() const;
  // Makes the reserve file; called before a transaction begins. Throws kDiskFull.
  void make_reserve();

  // Sentences about the opening: a folder moved aside, a damaged journal set aside.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  // Makes the folder, or that which takes its place. Sets lost_ where another one was there.
  std::string make_folder();
  // A file of the folder, as the host names it.
  std::string file(std::string_view name) const;
  void open(const std::string& damage = "", journal::Facts facts = {});
  machine::Machine& machine_;
  Options options_;
  std::string folder_;
  std::vector<std::string> notes_;
  std::string lost_;  // why the journal that is opened cannot be the earlier one
  std::unique_ptr<journal::Lock> lock_;
  std::unique_ptr<journal::Journal> journal_;
};

}  // namespace engine::transaction
