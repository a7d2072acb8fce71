#pragma once

#include <string>
#include <string_view>

#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// The one tool of eBPF for Windows whose effect lasts: export_program_info.exe writes the list of
// programs and helpers to the eBPF store, for the machine and for the user it runs as
// (Software\eBPF\Providers under HKLM and HKU\S-1-5-18). The list depends on the image, so that a
// store of another version differs. With --clear it removes the whole store, also the entries of
// others.
bool is_export_program_info(std::string_view path);
void export_program_info(MachineState& state, const std::string& image_sha256, bool clear);

}  // namespace machine::simulated
