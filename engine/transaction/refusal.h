#pragma once

#include <cstdint>
#include <string>

#include "actions/machine/machine.h"
#include "engine/transaction/execute.h"
#include "engine/transaction/listener.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"

namespace engine::transaction {

// Records a command that was refused before it began: one commit, no steps. If the command was to
// join an operation, the same commit begins the operation's undo. Returns the transaction's id.
std::int64_t record_refusal(machine::Machine& machine, Session& session, const Attempt& attempt,
                            const errors::Failure& cause, const std::string& settled_version,
                            Listener& listener);

}  // namespace engine::transaction
