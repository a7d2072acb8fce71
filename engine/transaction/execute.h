#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/transaction/budget.h"
#include "engine/transaction/listener.h"
#include "engine/transaction/outcome.h"
#include "engine/transaction/plan.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"

namespace engine::transaction {

// How a transaction is meant to end.
struct Commits {
  bool settles = true;  // its commit settles the operation
  // Its commit makes the caller's package folder the only one that counts.
  bool settles_package = false;
};
// Ends as reboot-needed, with this as its cause and exit code 0: the boot has to come first. It is
// part of no operation.
struct WaitsForBoot {
  errors::Failure why;
};
// Begins only to be undone with this cause: what its inherited steps stand for is given back.
struct GivesBack {
  errors::Failure why;
};
using Ending = std::variant<Commits, WaitsForBoot, GivesBack>;

// Who asks: what the journal keeps of a command beside its steps.
struct Attempt {
  commands::Command command = commands::Command::kInstall;
  std::string program_version;
  std::string payload_version;
  std::int64_t process_id = 0;
  std::optional<std::int64_t> sequence_number;
  // The operation that the transaction is part of: the open one that it joins, or one of its own.
  std::int64_t joins = 0;      // 0: opens its own
  journal::Operation opens;    // kind "": named after the command; versions are the plan's
  std::string package_folder;  // host path of the caller's package, for the journal; "": none
  Ending ending = Commits{};
};

// Carries out a plan so that it happens wholly or not at all.
//
// Order of writes, N steps, N+1 synced commits: begin + plan + before-image of 1 -> apply 1 -> done
// 1 + before-image of 2 -> ... -> apply N -> flush the machine -> last look -> done N + committed
// (+ what is owned now). A before-image is durable before its effect begins; a "done" is a hint,
// since recovery looks at the machine. An empty plan is one commit.
//
// The listener judges after the last step; what it throws undoes the transaction like a
// step that fails, what it complains of is recorded with the commit, as code and cause. The last
// look comes behind it, right before the commit, and also where there is no step: whatever the plan
// was, an enable that leaves something of its version not running fails. A call of the machine that
// fails there is a failure like any other.
//
// A vital step that fails undoes the transaction and, newest first, all others of its operation:
// `undoing` and the cause are committed first, one way. A best-effort step that fails is undone
// alone, recorded, and the transaction goes on. If the journal fails, its handle is given up and it
// is opened again and read: only a transaction that it says is committed is; otherwise it is
// undone, from memory if need be. Throws Failure only where nothing was begun; from then on every
// failure is part of the Outcome.
Outcome run_transaction(machine::Machine& machine, Session& session, const Budget& budget,
                        const Plan& plan, const Attempt& attempt, Listener& listener);

}  // namespace engine::transaction
