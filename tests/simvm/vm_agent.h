#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/simvm/handler_folder.h"
#include "tests/simvm/handler_process.h"

namespace simvm {

struct VmAgentOptions {
  std::optional<int> sequence;          // else the next one; for single commands the last one
  std::optional<std::string> settings;  // content of the settings file; else empty settings
  // COMMAND:CALL[:before|after]: kill that command at that call. CALL as in
  // simulated/stop_observer.h.
  std::optional<std::string> kill;
};

// The VM Agent. It takes packages as ZIPs or as folders, and plays the PowerShell handler's
// commands (played.h). It makes the calls of the real one in its order, stops at the first failing
// command, and remembers what it did in <vm>/agent/agent.json. One line a command goes to stdout,
// and what the command printed, indented. Time limits are virtual. Each returns whether all
// commands succeeded; throws kUsage where there is nothing to call.
class VmAgent {
 public:
  VmAgent(const std::string& vm, VmAgentOptions options);

  bool install(const std::string& zip);  // install, enable
  // disable, update, uninstall, install, enable; without install where the manifest that comes in
  // says so. In a downgrade the higher version's update is called.
  bool update(const std::string& zip);
  bool command(
      const std::string& name);  // enable, disable, uninstall or reset of the handler that is there

 private:
  struct Memory {
    std::string version;   // of the handler that is there; empty: none
    bool enabled = false;  // disable is called for enabled handlers only
    int last_sequence = -1;
  };
  using Variables = std::map<std::string, std::string>;

  Memory remember() const;
  void keep(const Memory& memory) const;
  HandlerFolder installed(const Memory& memory) const;
  int next_sequence(const Memory& memory) const;
  std::string settings() const;
  CommandEnd run(const HandlerFolder& handler, const std::string& command, int sequence,
                 const Variables& variables);
  // Prints and logs how a command ended.
  void tell(const HandlerFolder& handler, const std::string& command, const CommandEnd& end,
            std::int64_t limit) const;
  bool enable(const HandlerFolder& handler, Memory& memory, const std::string& uninstall_code);

  std::string vm_;
  std::string folder_;
  VmAgentOptions options_;
  std::string kill_command_;
  std::string kill_call_;
};

}  // namespace simvm
