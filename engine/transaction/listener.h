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

// What a look at the machine after the last step came to, where that does not undo.
struct Judgement {
  std::string note;  // an event; "" for none
  journal::Level level = journal::Level::kInfo;
  // Committed all the same: exit code and status are its. nullopt: none.
  std::optional<errors::Failure> complaint;
};

// The command behind a transaction: what it is told, and what it is asked. Everything that it looks
// at, it reads only. This one hears nothing and expects nothing.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;

  // The first step is about to be applied. What it throws is a note.
  virtual void on_begin() {}
  // Whether what was done is good. Asked behind the last step, before the flush and the commit,
  // within GuestProxyAgent's share of the time; may wait until `deadline`. What it throws undoes
  // the transaction. `started_utc_ms`: when the step that is watched (PlannedStep::watched) began;
  // 0 where there is none.
  virtual Judgement judge(machine::Deadline /*deadline*/, std::int64_t /*started_utc_ms*/) {
    return {};
  }
  // The last look, right before the commit, also where there is no step. What it throws undoes the
  // transaction.
  virtual void look_last() {}
  // It is about to be undone: what was seen of the machine holds no more.
  virtual void on_undo() {}
  // The state of the components, for the reports: stored with the end of the transaction. `change`:
  // what the commit makes ours, empty where nothing changes; `cause`: why it is undone, or what it
  // complains of. null: none. What it throws is a note.
  virtual actions::Json component_status(const product::InstallationChange& /*change*/,
                                         const std::optional<errors::Failure>& /*cause*/,
                                         const std::vector<GivenUp>& /*given_up*/) {
    return nullptr;
  }
};

}  // namespace engine::transaction
