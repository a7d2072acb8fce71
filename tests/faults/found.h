#pragma once

#include <string>

#include "tests/lab/lab.h"

namespace faults {

// All that is found behind a dead process, as text, so that a VM in a folder and one in memory can
// be compared: the machine as saved, each file and folder with its id and attributes, un-synced
// effects and the graveyard, the journal's rows, the files in the VM Agent's folders. What cannot
// be equal is renamed: file ids (by the order in which they are met), the process id, the drive's
// identity, the VM's folder. WAL salts are not shown, since the journal is read as rows.
std::string found(const lab::Vm& vm, const lab::Package& package, std::int64_t process_id);

}  // namespace faults
