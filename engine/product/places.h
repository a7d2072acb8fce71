#pragma once

#include <string>

#include "actions/machine/machine.h"

namespace engine::product {

// Where things of ours lie on the machine.

// The default place of eBPF for Windows: GuestProxyAgent loads from there.
// "C:\Program Files\ebpf-for-windows"
std::string default_install_folder(machine::Machine& machine);

// The data folder lies outside the handler's folder and the install folder: both get deleted. It is
// the second one where that is there: users may make folders in ProgramData, and hold them, but
// only administrators make one in Program Files.
std::string data_folder(machine::Machine& machine);         // "C:\ProgramData\EbpfForWindows"
std::string second_data_folder(machine::Machine& machine);  // "C:\Program Files\EbpfForWindows"
inline constexpr const char* kJournalName = "journal.db";
std::string journal_path(machine::Machine& machine);
std::string recovery_copy_folder(machine::Machine& machine);  // the recovery copy of the handler

// The task that runs the recovery copy.
inline constexpr const char* kRecoveryTask = "\\eBPF for Windows\\recovery";

}  // namespace engine::product
