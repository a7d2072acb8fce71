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
  bool beside = false;  // it has no steps and is part of no operation: an open one goes on
  // Its commit replaces the recorded package folders by the caller's (meta::kPackageFolders).
  bool settles_package = false;
};
// The transaction ends as reboot-needed with this cause and exit code 0: the boot has to come
// first. It is part of no operation.
struct WaitsForBoot {
  errors::Failure why;
};
// The transaction begins only to be undone with this cause: its inherited steps are given back.
struct GivesBack {
  errors::Failure why;
};
using Ending = std::variant<Commits, WaitsForBoot, GivesBack>;

// The facts about a command that the journal keeps beside its steps.
struct Attempt {
  commands::Command command = commands::Command::kInstall;
  std::string program_version;
  std::string payload_version;
  std::int64_t process_id = 0;
  std::optional<std::int64_t> sequence_number;
  // The operation that the transaction is part of: the open one that it joins, or one of its own.
  std::int64_t joins = 0;      // 0: it opens its own
  journal::Operation opens;    // kind "": the command's name is used; the versions are the plan's
  std::string package_folder;  // host path of the caller's package, for the journal; "": none
  std::string_view tried_again_by = "run the command again";  // Failure::tried_again_by of a cause
  Ending ending = Commits{};
};

// Carries out a plan so that it happens wholly or not at all.
//
// Order of writes, N steps, N+1 synced commits: begin + plan + before-image of 1 -> apply 1 -> done
// 1 + before-image of 2 -> ... -> apply N -> flush the machine -> last look -> done N + committed
// (+ the installation change). A before-image is durable before its effect begins; a "done" is a
// hint, since recovery probes the machine. An empty plan is one commit.
//
// The listener judges after the last step. A failure that it throws undoes the transaction like a
// failed step; its complaint is recorded with the commit, as code and cause. The last look comes
// after the flush, right before the commit, also in a transaction without steps: an enable fails
// whatever its plan was if a part of its version does not run. A call of the machine that fails
// there is a failure like any other.
//
// A vital step that fails undoes the transaction and, newest first, all others of its operation:
// `undoing` and the cause are committed first, one way. A best-effort step that fails is undone
// alone and recorded, and the transaction goes on. If the journal fails, its handle is closed and
// the file is opened again and read: the transaction is committed only if the file says so;
// otherwise it is undone, from memory if need be. Throws Failure only if nothing was begun; from
// then on every failure is part of the Outcome.
Outcome run_transaction(machine::Machine& machine, Session& session, const Budget& budget,
                        const Plan& plan, const Attempt& attempt, Listener& listener);

}  // namespace engine::transaction
