#pragma once

#include <string>

#include "actions/machine/machine.h"

namespace engine::product {

// Where things of ours lie on the machine.

// Where eBPF for Windows is installed when nothing says otherwise: GuestProxyAgent loads from
// there. "C:\Program Files\ebpf-for-windows"
std::string default_install_folder(machine::Machine& machine);

// Outside the handler's own folder and the install folder: both get deleted.
std::string data_folder(machine::Machine& machine);           // "C:\ProgramData\EbpfForWindows"
std::string journal_path(machine::Machine& machine);          // of journal.db
std::string recovery_copy_folder(machine::Machine& machine);  // of the copy that recovers

// The task that runs the recovery copy.
inline constexpr const char* kRecoveryTask = "\\eBPF for Windows\\recovery";

}  // namespace engine::product
