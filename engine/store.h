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

namespace engine {

// Where things lie on the machine. Outside the handler's own folder and the install folder: both
// get deleted.
std::string data_folder(machine::Machine& machine);   // "C:\ProgramData\EbpfForWindows"
std::string journal_path(machine::Machine& machine);  // machine path of journal.db

// The journal's room for one command: folder, lock, reserve, the open journal. Made under the lock,
// given back with it.
class Store {
 public:
  struct Options {
    std::string program_version;
    std::string holder;                          // "1234 enable"
    std::chrono::milliseconds patience{30'000};  // for the lock, real time
    std::function<void(journal::CommitPhase)> on_commit;
  };
  // Makes the folder where it is missing. Throws kBusy, kJournalUnusable, kJournalTooNew,
  // kDiskFull; nothing else on the machine is touched.
  Store(machine::Machine& machine, Options options);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store();

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

// Keys of the journal's meta table that the engine uses.
namespace meta {
inline constexpr const char* kSettledVersion = "settled_version";  // payload version, "0.9.1"
inline constexpr const char* kSettledHandler = "settled_handler";  // "0.9.1.1"
inline constexpr const char* kInstallFolder = "install_folder";
inline constexpr const char* kPackage = "settled_package";  // SHA-256 of payload.json
inline constexpr const char* kRestartDue =
    "restart_due";  // "1": files of something that runs were replaced
inline constexpr const char* kDisabled =
    "disabled";  // JSON array: services that disable stopped, in order, with their before-images
inline constexpr const char* kDependencies =
    "guest_proxy_agent_dependencies";  // JSON array that uninstall took out
inline constexpr const char* kStoreEntries =
    "ebpf_store_entries";  // JSON: the entries of the eBPF store that exports of ours put there
inline constexpr const char* kTasksOff =
    "tracing_tasks_off";  // JSON array: tasks that we disabled and could not enable again
inline constexpr const char* kPreserved =
    "preserved";  // JSON: what an update found that is not ours, until it settles or is removed
inline constexpr const char* kTakeOver =
    journal::kTakeOver;  // "1": an earlier journal was lost and nothing settled since
inline constexpr const char* kInconsistent =
    "inconsistent";  // id of the transaction that could not be undone
// JSON array: folders of the packages whose handlers were called since the last settlement.
inline constexpr const char* kPackageFolders = "package_folders";
// "1": an uninstall met a driver that does not stop; recovery makes it up after the boot.
inline constexpr const char* kUninstallDue = "uninstall_due";
// JSON: boot, and the work folders whose rest is queued for the next boot.
inline constexpr const char* kQueued = "queued_for_boot";
}  // namespace meta

}  // namespace engine
