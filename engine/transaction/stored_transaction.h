#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/product/installation_change.h"
#include "engine/transaction/live_step.h"
#include "engine/transaction/recovery.h"
#include "engine/transaction/session.h"
#include "engine/transaction/step_runner.h"
#include "engine/transaction/undo.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::transaction {

// A transaction from the journal: a dead process left it, or it is undone with its operation.
class StoredTransaction {
 public:
  StoredTransaction(machine::Machine& machine, Session& session, machine::Deadline deadline,
                    journal::Transaction transaction)
      : machine_(machine),
        session_(session),
        deadline_(deadline),
        transaction_(std::move(transaction)) {}

  // Why nothing may be done by the rows. `unknown`: a kind that this program does not know.
  // `damage`: a sentence fragment on a row that is not what was written.
  struct Refusal {
    std::string unknown;
    std::string damage;
  };
  // Rebuilds the steps. nullopt: all can be acted on.
  std::optional<Refusal> rebuild();
  // Returns true if the machine went on without this journal, which an older copy does not know: of
  // the files that a finished step has placed, none can be taken back (Action::is_superseded).
  bool is_superseded() const;

  // Returns true if what made it wait for a boot may be over in this one: nothing was changed, or
  // services only have to start again and none is still on its way. A service that has to stop has
  // others on top of it by now, which the undo started.
  bool may_wait_no_longer() const;

  // Says in `recovery` that it waits for the next boot, and for what.
  void wait_for_boot(Recovery& recovery) const;

  RecoveryDecision decision() const;
  std::string name() const;

  // Goes on with an uninstall to its end. Returns the failure that stopped it.
  std::optional<errors::Failure> complete(Recovery& recovery);

  struct How {
    bool recovered = true;         // its own process does not do it
    bool closes_operation = true;  // nothing else of its operation is left to undo
    RunningStates running = RunningStates::kGiveBack;
  };
  void undo(const std::optional<errors::Failure>& cause, const How& how, Recovery& recovery);

 private:
  LiveStep live(journal::Step& row) const;
  std::vector<std::string> held_services() const;
  bool of_update();
  bool older_are_undone();
  bool cloned() const;
  int undone_code() const;
  product::InstallationChange change_at_end() const;
  std::vector<std::string> dependencies_taken() const;
  void begin_attempt(const std::string& what);
  void begin_undo(const std::optional<errors::Failure>& cause);
  void carry_out(StepRunner& runner, LiveStep& step);
  void repeat(LiveStep& step);
  void record_ended(const LiveStep& step);
  void fail(const UndoReport& report, Recovery& recovery);

  machine::Machine& machine_;
  Session& session_;
  machine::Deadline deadline_;
  journal::Transaction transaction_;
  std::vector<LiveStep> steps_;
};

}  // namespace engine::transaction
