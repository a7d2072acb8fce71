#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "json/json.h"
#include "tests/lifecycle/wine_vm.h"

namespace lifecycle {

// One call of the handler, as the VM Agent saw it end.
struct Call {
  std::string command;
  std::string version;
  lab::ProgramEnd ended;
};

// The VM Agent on that VM, with its folders as it lays them out on Windows: packages in
// C:\<plugins>\<name>\<version>, RuntimeSettings and Status in them, logs in
// C:\WindowsAzure\Logs\Plugins\<name>\<version>. Sequences stop at the first command that fails.
class VmAgent {
 public:
  explicit VmAgent(const WineVm& vm, std::string plugins = "Packages/Plugins")
      : vm_(vm), plugins_(std::move(plugins)) {}

  // Where the package of that version is, on the host.
  std::filesystem::path package(const std::string& version) const;
  // Puts a package's ZIP there, with HandlerEnvironment.json in Windows form.
  void extract(const std::string& zip, const std::string& version);
  // Calls HandlerManifest.json's command of that version. A status file that says success over a
  // vital substatus error fails the test. `fault`: EBPF_HANDLER_FAULT, of a package with the
  // handler that has fault injection.
  Call call(const std::string& version, const std::string& command,
            const std::string& fault = "") const;
  // install, enable. Returns the last call.
  Call install(const std::string& version) const;
  // disable and update, uninstall, install, enable. Removes the old package's folder, as the VM
  // Agent does, once its uninstall has succeeded.
  Call update(const std::string& from, const std::string& to) const;
  void drop(const std::string& version) const;  // its folder goes without a call
  // What the recovery task runs, by hand and without waiting for a boot.
  lab::ProgramEnd recover(const std::string& version,
                          const std::vector<std::string>& options = {}) const;

  // In a hurry the handler's waits take the n-th part of their time; its deadlines are the same, on
  // a clock that goes with it. Only builds with fault injection know that.
  void hurry(int n) { variables_["EBPF_HANDLER_FAULT_HURRY"] = std::to_string(n); }
  void next_sequence() { ++sequence_; }
  nlohmann::json status(const std::string& version) const;  // [0].status; null: no file
  std::string log(const std::string& version) const;

 private:
  std::string plugin(const std::string& version) const;
  std::filesystem::path status_file(const std::string& version) const;
  const WineVm& vm_;
  std::string plugins_;
  std::map<std::string, std::string> variables_;
  int sequence_ = 0;
};

}  // namespace lifecycle
