#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/call_observer.h"
#include "actions/machine/simulated/memory_vm.h"
#include "actions/machine/simulated/vm.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "journal/records.h"
#include "json/json.h"
#include "tests/lab/temporary_folder.h"

namespace lab {

// An extracted package with HandlerEnvironment.json and the VM Agent's folders, as the VM Agent
// lays it out. Made from a payload of the build (EBPF_TEST_PAYLOADS): "0.9.1", "0.10.0", "0.21.0",
// "1.0.0-rc1", "1.0.0", "1.1.0".
class Package {
 public:
  Package(const std::filesystem::path& folder, const std::string& payload);
  std::string program() const { return (folder_ / "handler").string(); }  // that a recovery copies
  std::string root() const { return (folder_ / "package").string(); }
  std::filesystem::path folder(const std::string& name) const {
    return folder_ / name;
  }  // "log", "config", "status"
  std::filesystem::path file(const std::string& path) const { return folder_ / "package" / path; }
  const std::string& version() const { return version_; }
  nlohmann::json status(int sequence_number) const;  // null: no file
  std::string log() const;
  // Those that a command writes into.
  std::vector<std::filesystem::path> written_folders() const;

 private:
  std::filesystem::path folder_;
  std::string version_;
};

// Puts the folder of that version of our handler beside the package, as the VM Agent does before a
// downgrade to it; not over one that is there.
void put_beside(const Package& package, const std::string& handler_version);

// A simulated VM, and one call per command. In a folder, which other processes can use too; or in
// memory, where it is copied in microseconds and photographed (camera.h), and only the journal is
// in the folder.
class Vm {
 public:
  static Vm create(const std::filesystem::path& folder,
                   const machine::simulated::VmOptions& options = {});
  static Vm in_memory(const std::filesystem::path& folder,
                      const machine::simulated::VmOptions& options = {});
  Vm copy_to(const std::filesystem::path& folder) const;
  // The same machine as a folder.
  Vm as_folder(const std::filesystem::path& folder) const;

  // One command of the handler in this process, on a machine opened anew. Behind each command, also
  // in the calls below, a status file that says success over a vital substatus error fails the
  // test (status_check.h).
  engine::handler::Reply run(engine::commands::Command command, const Package& package,
                             machine::CallObserver* observer = nullptr,
                             const std::optional<std::string>& sequence = "0") const;
  engine::handler::Reply run(engine::handler::Request request,
                             machine::CallObserver* observer = nullptr) const;
  // The request of such a call, for tests that change it.
  static engine::handler::Request request(engine::commands::Command command,
                                          const Package& package);
  engine::handler::Reply run_as(const std::string& handler_version,
                                engine::commands::Command command, const Package& package) const;
  // `update` of `package` with the environment variable VERSION. A version of our handler lies
  // beside the package.
  engine::handler::Reply run_update_to(const std::string& version, const Package& package,
                                       const std::string& sequence = "0") const;
  engine::handler::Reply recover_abandoned() const;
  // The same, but that process dies at a fault point ("services.start#2:kill-after"). Whether it
  // came to that point; else the command is done.
  bool run_killed(engine::commands::Command command, const Package& package,
                  const std::string& at) const;
  // The same in a process of its own; of a VM in a folder only. Its exit code (whole), or minus the
  // signal that killed it.
  int run_in_child(engine::commands::Command command, const Package& package,
                   machine::CallObserver* observer) const {
    return run_in_child(request(command, package), observer);
  }
  int run_in_child(const engine::handler::Request& request, machine::CallObserver* observer) const;

  std::string snapshot() const;
  nlohmann::json snapshot_json() const;
  void set(const std::string& object, const std::vector<std::string>& settings) const;
  void reboot() const;
  // The power goes, and the VM boots. Of what was not made durable is lost: seed 0 everything, 1
  // nothing, any other a part.
  void power_cut(std::uint64_t seed) const;
  // As if it had been made from an image of this machine: its id is "another-machine".
  void become_clone() const;
  std::int64_t clock_ms() const;                               // virtual, UTC
  std::filesystem::path drive(const std::string& path) const;  // "Program Files/x" below C:
  const std::filesystem::path& folder() const { return folder_; }
  machine::simulated::MemoryVm& memory() const { return *memory_; }

  // As a process of its own sees it.
  std::unique_ptr<machine::Machine> machine() const;
  std::unique_ptr<machine::simulated::VmHome> home() const;
  // What a power cut may take, and the deleted files that it may bring back, by id.
  std::vector<machine::simulated::disk::Effect> effects() const;
  std::vector<std::string> graves() const;
  // Done by hand behind the machine's back. Windows paths.
  void put(const std::string& path, const std::string& content) const;
  void remove(const std::string& path) const;

  // The newest transaction of the journal; nullopt: none, or no journal.
  std::optional<journal::Transaction> last_transaction() const;
  std::vector<journal::Transaction> transactions() const;
  std::vector<journal::Step> steps(std::int64_t transaction_id) const;
  std::filesystem::path journal_path() const;
  std::string journal_text() const;  // list, and show of the last: for messages of failing tests

 private:
  Vm(std::filesystem::path folder, std::shared_ptr<machine::simulated::MemoryVm> memory)
      : folder_(std::move(folder)), memory_(std::move(memory)) {}

  std::filesystem::path folder_;
  std::shared_ptr<machine::simulated::MemoryVm> memory_;  // nullptr: in the folder
};

// The commit hook that tells an observer of the journal's commits.
std::function<void(journal::CommitPhase)> commit_hook(machine::CallObserver* observer);

}  // namespace lab
