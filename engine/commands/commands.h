#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace engine::commands {

enum class Command {
  kInstall,
  kEnable,
  kDisable,
  kUpdate,
  kUninstall,
  kReset,
  kRecover,
  // `setup`: the program that another installer calls, or a person, without the VM Agent's files.
  kSetupInstall,
  kSetupUpdate,
  kSetupUninstall,
};

// How a command's time is split, in milliseconds. The sum stays below vm_agent_limit_ms, after
// which the VM Agent kills the command. A step never uses another share's time: the undo's share is
// reserved from the start.
struct TimeShares {
  std::int64_t recovery_ms = 0;
  std::int64_t work_ms = 0;
  std::int64_t proxy_ms = 0;
  std::int64_t undo_ms = 0;
};

struct CommandRow {
  Command command;
  std::string_view name;           // as on the command line: "install", "setup install"
  std::string_view doing;          // "installing": context of failures
  bool called_by_vm_agent = true;  // needs HandlerEnvironment.json
  bool writes_status = false;
  bool checks_sequence_number = false;
  std::int64_t vm_agent_limit_ms = 0;  // of `setup`, which nobody kills: of the same length
  std::int64_t lock_patience_ms = 0;   // how long it waits for another command to end, real time
  TimeShares time;
  std::string_view help;  // for the command line
};

std::span<const CommandRow> commands();
const CommandRow& row(Command command);
std::optional<Command> command_from(std::string_view name);
// The first word of the names of `setup`'s commands.
inline constexpr std::string_view kSetup = "setup ";
// Returns true for the commands of `setup`.
bool is_setup(Command command);
// Returns true for the commands that remove eBPF where nobody else wants it.
bool is_removal(Command command);
// Returns true for the commands that want the version of their own package on the machine.
bool brings_a_version(Command command);

}  // namespace engine::commands
