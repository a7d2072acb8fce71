#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "json/json.h"
#include "tests/world/payload.h"
#include "tests/world/rules.h"
#include "tests/world/sight.h"
#include "tests/world/world.h"

namespace world {

// The exit code of an enable that commits and complains of the proxy.
inline constexpr int kProxyComplaint = 1020;

// What a command said of itself.
struct Told {
  std::string command;
  int code = 0;
  std::string output;
  nlohmann::json status;  // of the sequence number; null: no file, or no JSON
  // The newest row of `txn`; nullopt: no journal, or it cannot be read, or no row since the command
  // began.
  struct Row {
    std::string command;
    int code = 0;
    std::string outcome;
  };
  std::optional<Row> row;
  std::int64_t limit_ms = 0;  // after which the VM Agent kills it
  bool behind_death = false;  // the command before it was killed, and is undone or completed by it
};

// A command's output as one text.
std::string joined(const std::vector<std::string>& lines);

// Returns true if a fault is one for which a command may fail: not a neighbour's that does not
// start, not PATH or the Task Scheduler, which are extras.
bool hinders(const Fault& fault);
// Whether the output names the restart that the command takes.
bool names_restart(const Told& told);

// Whether the output names one of the things that carry a hindering fault.
bool names_cause(const Told& told, std::span<const Fault> faults);

// The rules, one function for each occasion. None of them knows how the program works: they compare
// what a user sees with what a user was promised.

// Also behind a command that was killed.
void judge_others(const Sight& before, const Sight& now, Findings& findings);
// Behind each command, whatever its end. `proxy_had`: what the proxy depended on when all began.
void judge_any(const Sight& before, const Sight& now, const Told& told,
               const std::vector<std::string>& proxy_had, Findings& findings);
// Behind a command that failed.
void judge_advice(const Told& told, Findings& findings);
// A service that is registered runs, and starts by itself behind each boot.
void judge_started(const Sight& now, std::string_view service, Findings& findings);
// Behind an enable that settled the version of `wanted`: the components run from its bytes.
void judge_runs(const Sight& now, const Payload& wanted, Findings& findings);
void judge_files(const Sight& now, const Payload& wanted, Findings& findings);
void judge_registered(const Sight& now, const Payload& wanted, Findings& findings);
void judge_proxy(const Sight& now, Findings& findings);
void judge_disabled(const Sight& now, const Told& told, Findings& findings);
// `ran`: the services that ran before the operation.
void judge_given_back(const Sight& before, const Sight& now, Findings& findings);
// Of what was not given back behind an uninstall that died and a later command finished or undid:
// leaves out our own services if none of them is registered any more. The user wanted them gone,
// and the later command's failure (a full disk) does not call them back. Half a removal is kept.
Findings without_removed(Findings not_given_back, const Sight& now);
void judge_neighbours(const Sight& before, const Sight& now, Findings& findings);
// `virgin`: the machine before eBPF came.
void judge_nothing_left(const Sight& virgin, const Sight& now, Findings& findings);
// Behind an install or enable that succeeds.
// Behind an enable that left the newer eBPF of somebody else: a warning row says so.
void judge_warned(const Told& told, std::string_view newer, Findings& findings);
void judge_safe_to_boot(const Sight& now, const Told& told, Findings& findings);
void judge_boot(const Sight& now, Findings& findings);

}  // namespace world
