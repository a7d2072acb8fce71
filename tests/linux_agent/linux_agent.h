#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "json/json.h"

namespace linux_agent {

inline constexpr const char* kExtension = "Microsoft.EbpfForWindows.EbpfForWindows";

// What the platform wants of the extension.
struct GoalState {
  std::string version;              // of the handler; "" for none: the extension is not listed
  std::string state = "enabled";    // or "uninstall"
  std::optional<int> sequence = 0;  // nullopt: without settings
};

// A command as the agent saw it end. `code`: what a Linux process returns, the low byte.
struct Command {
  std::string name;
  std::string version;  // of the handler that was called
  int code = 0;
  std::string output;
};

// What the agent reports behind a goal state.
struct Report {
  bool died = false;  // behind the command that was named; then there is no more than `commands`
  std::vector<Command> commands;
  std::string goal_state;
  nlohmann::json handler;    // name, version, status, code, message; null: none
  nlohmann::json extension;  // status, code, message, substatusList; null: none was read

  // "disable 0.9.1.1=0", … in order.
  std::vector<std::string> calls() const;
  std::string text() const;  // for the messages of failing tests
};

// Azure's Linux agent on one machine: each goal state is processed by a process of its own, as
// behind a restart, that remembers what the agent wrote into its folder.
class LinuxAgent {
 public:
  // `vm`: the folder of the simulated VM on which the handler works.
  LinuxAgent(std::filesystem::path folder, std::filesystem::path vm);

  // What can be downloaded as that version.
  void offer(const std::string& version, const std::string& zip);
  // `die_behind`: the agent dies when that command has ended. Fails the test where the agent itself
  // ends badly.
  Report process(const GoalState& wanted, const std::string& die_behind = "");

  // <Publisher.Type>-<version>, where the agent extracts that handler.
  std::filesystem::path handler_folder(const std::string& version) const;
  std::filesystem::path log_folder() const;
  std::string log() const;  // the agent's own

 private:
  std::filesystem::path folder_;
  std::filesystem::path vm_;
  std::map<std::string, std::string> packages_;
  int incarnation_ = 0;
};

}  // namespace linux_agent
