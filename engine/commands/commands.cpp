#include "engine/commands/commands.h"

#include <algorithm>
#include <array>

namespace engine::commands {
namespace {

constexpr std::int64_t kSecond = 1000;

constexpr TimeShares seconds(int recovery, int work, int guest_proxy_agent, int undo) {
  return {recovery * kSecond, work * kSecond, guest_proxy_agent * kSecond, undo * kSecond};
}

// The VM Agent's limits: 900 s for install and update; 300 s for enable and uninstall. For disable
// the Linux VM Agent allows 900 s and the Windows VM Agent publishes no figure, so 300 s. At least
// 30 s of each limit are left as a margin. `recover` hardly waits for the lock: its task comes
// again, and a command at work recovers by itself.
// clang-format off
constexpr auto kCommandTable = std::to_array<CommandRow>({
  //                                                 called status sequence limit          lock          recovery work GPA undo
  {Command::kInstall,   "install",   "installing",   true,  false, true,  900 * kSecond, 30 * kSecond, seconds(180, 420, 60, 180),
   "put the payload in place and register its services; starts nothing"},
  {Command::kEnable,    "enable",    "enabling",     true,  true,  true,  300 * kSecond, 30 * kSecond, seconds( 50,  70, 80,  70),
   "bring eBPF to the state that it should have, and start it"},
  {Command::kDisable,   "disable",   "disabling",    true,  false, false, 300 * kSecond, 30 * kSecond, seconds( 60,  80, 60,  70),
   "stop eBPF until the next boot or enable"},
  {Command::kUpdate,    "update",    "updating",     true,  false, true,  900 * kSecond, 30 * kSecond, seconds(180, 420, 60, 180),
   "open an update to this version"},
  {Command::kUninstall, "uninstall", "uninstalling", true,  false, false, 300 * kSecond, 30 * kSecond, seconds( 60,  80, 60,  70),
   "stop eBPF and remove all that is ours"},
  {Command::kReset,     "reset",     "resetting",    true,  false, false, 300 * kSecond, 30 * kSecond, seconds(  0,   0,  0,   0),
   "do nothing; the next command recovers whatever is open"},
  {Command::kRecover,   "recover",   "recovering",   false, false, false, 900 * kSecond,  2 * kSecond, seconds(420, 240, 60, 150),
   "finish or undo what an earlier command left: what every other command does first"},
  {Command::kSetupInstall,   "setup install",   "installing",   false, false, false, 900 * kSecond, 30 * kSecond, seconds(180, 390, 90, 180),
   "install eBPF and start it, in one transaction"},
  {Command::kSetupUpdate,    "setup update",    "updating",     false, false, false, 900 * kSecond, 30 * kSecond, seconds(180, 390, 90, 180),
   "the same as install: replaces an older eBPF, or installs it"},
  {Command::kSetupUninstall, "setup uninstall", "uninstalling", false, false, false, 900 * kSecond, 30 * kSecond, seconds(180, 390, 90, 180),
   "stop eBPF and remove all that is ours, unless the VM Agent wants it"},
});
// clang-format on

constexpr std::int64_t kMargin = 30 * kSecond;

constexpr bool leaves_margin(const CommandRow& row) {
  const TimeShares& time = row.time;
  return time.recovery_ms + time.work_ms + time.proxy_ms + time.undo_ms + kMargin <=
         row.vm_agent_limit_ms;
}
static_assert(std::all_of(kCommandTable.begin(), kCommandTable.end(), leaves_margin));

}  // namespace

std::span<const CommandRow> commands() { return kCommandTable; }

const CommandRow& row(Command command) {
  return *std::find_if(kCommandTable.begin(), kCommandTable.end(),
                       [command](const CommandRow& r) { return r.command == command; });
}

std::optional<Command> command_from(std::string_view name) {
  for (const CommandRow& r : kCommandTable) {
    if (r.name == name) return r.command;
  }
  return std::nullopt;
}

bool is_setup(Command command) {
  return command == Command::kSetupInstall || command == Command::kSetupUpdate ||
         command == Command::kSetupUninstall;
}

bool is_removal(Command command) {
  return command == Command::kUninstall || command == Command::kSetupUninstall;
}

bool brings_a_version(Command command) {
  return command == Command::kInstall || command == Command::kEnable ||
         command == Command::kUpdate || command == Command::kSetupInstall ||
         command == Command::kSetupUpdate;
}

}  // namespace engine::commands
