#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/deadline.h"
#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::product {

// The health of GuestProxyAgent. Its service is "running" also where it protects nothing, so the
// engine trusts its own status file, which it rewrites every 60 s.
enum class ProxyHealth {
  kAbsent,
  kStopped,    // its owner stopped it, or starts it by hand
  kDown,       // it starts by itself, does not run, and its owner did not stop it
  kDisabled,   // disabled and stopped
  kHealthy,    // runs, and its status file is fresh and good
  kUnhealthy,  // runs, and its status file is fresh and not good
  kUnknown,    // runs or is pending; its status file is missing, stale, unreadable or incomplete
};
std::string_view to_text(ProxyHealth health);
// Returns kUnknown for a word that this program does not know.
ProxyHealth proxy_health_from(std::string_view text);

struct ProxyReading {
  ProxyHealth health = ProxyHealth::kAbsent;
  std::uint32_t process_id = 0;
  std::string words;  // the reason for kUnhealthy or kUnknown: for people, one line, bounded
};

// Returns kUnknown for a status file written before `written_since_utc_ms`, since that was another
// process, and for one of more than 4 MiB, unread. No content and no reading error throws.
// A stopped GuestProxyAgent that starts by itself was stopped by its owner if it ended with exit
// code 0 in this boot while our drivers ran: they run now, or `stopped_in_boot` is this boot
// (InstallationState::proxy_stopped_in). Every boot sets the exit code to 1077.
ProxyReading read_proxy(machine::Machine& machine, std::int64_t written_since_utc_ms = 0,
                        std::string_view stopped_in_boot = "");

// How GuestProxyAgent is after an enable that restarted it.
enum class ProxyAfter {
  kHealthy,
  kUnhealthy,
  kUnknown,
  kNotRunning,   // it was never seen running
  kEndedAgain,   // it was seen running, then stopped or as another process
  kSameProcess,  // it is the process from before: it was not restarted
};
std::string_view to_text(ProxyAfter after);

enum class ProxyVerdict {
  kFine,
  kWarn,      // the enable commits; a substatus says that nobody knows
  kComplain,  // the enable commits with 1020: a roll-out must stop, there is nothing to undo
  kRegress,   // the enable fails with 1020 and is undone: GuestProxyAgent was better before
};
std::string_view to_text(ProxyVerdict verdict);

// nullopt stands for every value; the first row that fits decides, and some row always fits.
struct ProxyRow {
  ProxyHealth before;
  std::optional<ProxyAfter> after;
  ProxyVerdict verdict;
};
std::span<const ProxyRow> proxy_table();
ProxyVerdict judge(ProxyHealth before, ProxyAfter after);

// What enable compares with: what disable, or the open update, recorded before it stopped
// GuestProxyAgent; else its state now, which is kDown if an undo could not start it. A record that
// is damaged or has no health is kUnknown.
struct ProxyBefore {
  ProxyHealth health = ProxyHealth::kAbsent;
  std::vector<std::uint32_t> processes;  // its earlier process ids in this boot
};
ProxyBefore proxy_before(machine::Machine& machine, const InstallationState& installation);

// Returns true if that is kDown. Reads no status file where GuestProxyAgent runs.
bool proxy_is_down(machine::Machine& machine, const InstallationState& installation);

// Waits until GuestProxyAgent is a new process that stays and calls itself healthy; at most
// kProxyPatienceMs, never past the deadline. If its health was unknown before and still is, waits
// only until it has seen that the process stays. Returns at once if GuestProxyAgent does not run.
inline constexpr std::int64_t kProxyPatienceMs = 75'000;  // its file may come after 60 s
struct ProxyOutcome {
  ProxyAfter after = ProxyAfter::kUnknown;
  std::string words;
};
ProxyOutcome await_proxy(machine::Machine& machine, const ProxyBefore& before,
                         machine::Deadline deadline, std::int64_t started_utc_ms);

// The judgement on a restart that is no failure.
struct ProxyJudgement {
  std::string note;  // for the journal's events
  journal::Level level = journal::Level::kInfo;
  std::optional<errors::Failure> complaint;  // kComplain
};
// Waits (await_proxy) and judges. Throws kRestartService for kRegress.
ProxyJudgement judge_proxy(machine::Machine& machine, const ProxyBefore& before,
                           machine::Deadline deadline, std::int64_t started_utc_ms);

}  // namespace engine::product
