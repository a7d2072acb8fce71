#pragma once

#include "actions/machine/machine.h"

namespace engine {

// The PowerShell predecessor, as far as it changes the machine: what its commands do behind the
// journal's back, good days only. Two generations: the first one's uninstall removes, the second
// one's does nothing while the key EbpfUpgrading is there.
enum class Generation { kFirst, kSecond };

// It copies all of its folder to the install folder: also what is no part of eBPF.
void leave_its_files(machine::Machine& machine);
// Drivers disabled, then stopped with what depends on them. No record.
void powershell_disable(machine::Machine& machine);
void powershell_uninstall(machine::Machine& machine, Generation generation);

bool upgrading_key_is_there(machine::Machine& machine);

}  // namespace engine
