#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/budget.h"
#include "engine/plan.h"
#include "engine/store.h"
#include "engine/undo.h"
#include "errors/failure.h"

namespace engine {

// A best-effort step that failed and was undone alone.
struct GivenUp {
  std::string target;
  errors::Failure failure;
};

// Who asks: what the journal keeps of a command beside its steps.
struct Attempt {
  // The operation that the transaction is part of: the open one that it joins, or one of its own.
  std::int64_t joins = 0;    // 0: opens its own
  journal::Operation opens;  // kind "": named after the command; versions are the plan's
  bool settles = true;       // its commit settles the operation
  // Host path of the caller's package, for the journal to keep; "": none. `settles_package`: its
  // commit makes this the only one that counts.
  std::string package_folder;
  bool settles_package = false;
  // Ends as reboot-needed, with this as its cause and exit code 0: the boot has to come first. It
  // is part of no operation.
  std::optional<errors::Failure> deferred;
  // Begins only to be undone with this cause: what its adopted steps stand for is given back.
  std::optional<errors::Failure> refusal;

  Command command = Command::kInstall;
  std::string program_version;
  std::string payload_version;
  std::int64_t process_id = 0;
  std::optional<std::int64_t> sequence_number;
  // Read-only look at the machine for the reports, stored with the end of the transaction
  // (substatus). `seen`: what the last look saw, which the reports must not contradict; nullptr
  // where there was none. `settling`: what the commit is about to make ours, empty where nothing
  // changes. Optional.
  std::function<actions::Json(machine::Machine&, const LastLook* seen, const Settlement& settling,
                              const std::optional<errors::Failure>& cause,
                              const std::vector<GivenUp>& given_up)>
      survey;
  // Called once, when the first step is about to be applied (the `transitioning` status). Optional.
  std::function<void()> on_begin;
};

struct Outcome {
  std::int64_t transaction_id = 0;
  journal::TransactionState state = journal::TransactionState::kOpen;
  std::optional<errors::Failure> cause;
  std::optional<errors::Failure> undo_failure;
  std::optional<errors::Failure> complaint;  // of the plan's verdict: committed all the same
  std::vector<std::string>
      notes;               // for people: foreign objects, warnings, what happens at the next boot
  std::int64_t steps = 0;  // of the plan
  std::int64_t undone = 0;
};

// Carries out a plan so that it happens wholly or not at all.
//
// Order of writes, N steps, N+1 synced commits: begin + plan + before-image of 1 -> apply 1 -> done
// 1 + before-image of 2 -> ... -> apply N -> flush the machine -> last look -> done N + committed
// (+ what is owned now). A before-image is durable before its effect begins; a "done" is a hint,
// since recovery looks at the machine. An empty plan is one commit.
//
// The plan's verdict is asked after the last step; what it throws undoes the transaction like a
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
Outcome run_transaction(machine::Machine& machine, Store& store, const Budget& budget,
                        const Plan& plan, const Attempt& attempt);

}  // namespace engine
