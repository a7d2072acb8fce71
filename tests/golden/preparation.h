#pragma once

#include <functional>

#include "engine/commands/commands.h"
#include "tests/golden/room.h"

namespace golden {

// What becomes of a room before its scenario's command. Packages: the first is the one that is
// there, the second the one that comes in. All throw where a command fails that must not.

void nothing(const Room& room);
void installed(const Room& room);
// And GuestProxyAgent depending on the drivers, as in the field.
void enabled(const Room& room);
// And the recovery armed, as an update leaves it that was undone.
void enabled_and_armed(const Room& room);
// The VM Agent's sequence of an update, up to `next`.
std::function<void(const Room&)> update_before(engine::commands::Command next);

// With a file of somebody else's in our folder, one of ours read-only, and a key below a service's.
void with_things_of_others(const Room& room);

// Three files damaged, one of them loaded and one read-only, and one lost, while all runs.
void damaged(const Room& room);
// Installed, with a deletion of one of our files in each of the boot's queues, beside others'; and
// one file is lost, so that there is more to do.
void deletions_queued(const Room& room);
// Enabled, with the trace session that the startup task starts.
void traced(const Room& room);
// An enable that was killed behind its second start.
void killed(const Room& room);
// An enable whose undo fails again and again, with one attempt left.
void nearly_inconsistent(const Room& room);
// A driver that hangs on its way; one that does not stop.
void hanging(const Room& room);
void not_stopping(const Room& room);
// An update whose enable will fail, and whose new driver does not stop again: the undo, of the same
// process or of recovery, needs a boot.
void update_hanging(const Room& room);
void update_hanging_in_recovery(const Room& room);
void without_a_journal(const Room& room);
// The PowerShell handler's version, of which no journal knows: behind its disable, and behind its
// uninstall in an update.
void predecessor_disabled(const Room& room);
void predecessor_uninstalled(const Room& room);
void package_of_update_damaged(const Room& room);
void package_damaged(const Room& room);

}  // namespace golden
