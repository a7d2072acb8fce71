#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/deadline.h"
#include "engine/product/installation_change.h"
#include "engine/transaction/outcome.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::transaction {

// The listener's judgement after the last step, if it does not undo the transaction.
struct Judgement {
  std::string note;  // an event; "" for none
  journal::Level level = journal::Level::kInfo;
  // The transaction commits all the same; exit code and status are the complaint's.
  std::optional<errors::Failure> complaint;
};

// The command behind a transaction, which is told of events and asked for judgements. It only reads
// the machine. This base class ignores every event and finds everything good.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  // Called before the first step is applied. A failure becomes a note.
  virtual void on_begin() {}
  // Called before each further step is applied. A failure becomes a note.
  virtual void on_step() {}
  // Judges what was done: called after the last step, before the flush and the commit, within
  // GuestProxyAgent's share of the time; may wait until `deadline`. A failure undoes the
  // transaction. `started_utc_ms`: when the watched step (PlannedStep::watched) began; 0 if there
  // is none.
  virtual Judgement judge(machine::Deadline /*deadline*/, std::int64_t /*started_utc_ms*/) {
    return {};
  }
  // The last look, right before the commit, also in a transaction without steps. A failure undoes
  // the transaction.
  virtual void look_last() {}
  // Called before the undo begins: what the listener saw of the machine is no longer true.
  virtual void on_undo() {}
  // Returns the component status for the reports, stored with the end of the transaction; null for
  // none. `change`: the installation change of the commit, or an empty one; `cause`: why the
  // transaction is undone, or its complaint. A failure becomes a note.
  virtual actions::Json component_status(const product::InstallationChange& /*change*/,
                                         const std::optional<errors::Failure>& /*cause*/,
                                         const std::vector<GivenUp>& /*given_up*/) {
    return nullptr;
  }
};

}  // namespace engine::transaction
