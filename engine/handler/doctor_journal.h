#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actions/machine/machine.h"
#include "engine/support/checkup.h"
#include "engine/support/doctor.h"
#include "errors/failure.h"
#include "journal/reader.h"

namespace engine::handler {

// Reads a private copy of the machine's journal, which no command changes meanwhile; the journal
// itself where no copy can be made. nullptr: there is none, or none that can be read; `area` says
// so, and the scene has it. Looks at `holder` of the scene.
std::unique_ptr<journal::Reader> open_journal(support::Scene& scene, const support::Area& area);

// Returns true if the next command sets the journal aside that could not be opened for this: the
// file is damaged. False for what passes, such as a writer that is busy.
bool is_set_aside(const std::string& native_path, const errors::Failure& failure);

// Adds what is unknown if a command has begun since the scene was read, or has done something.
// `reader`: what open_journal returned.
void check_meanwhile(const support::Scene& scene, const journal::Reader* reader,
                     const support::Area& area);

// Returns the line of the journal lock's holder. nullopt: no command runs.
std::optional<std::string> lock_holder(machine::Machine& machine);

}  // namespace engine::handler
