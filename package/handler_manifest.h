#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace package {

inline constexpr std::string_view kPublisher = "Microsoft.EbpfForWindows";
inline constexpr std::string_view kExtensionType = "EbpfForWindows";
inline constexpr std::string_view kHandlerProgram =
    "ebpf-handler.exe";  // also the Linux build's name
inline constexpr std::string_view kHandlerManifestName = "HandlerManifest.json";

// The text of HandlerManifest.json: the program that the VM Agent runs for each of its commands. An
// array of one element; both VM Agents read only the first. Its `version` is the number of this
// form of manifest, 1.0; the handler's own is in payload.json. Commands have no folder: the VM
// Agents of Windows and Linux put the package's folder before them.
std::string handler_manifest();

// Returns true if a handler's manifest runs kHandlerProgram, false if it runs another program, such
// as the PowerShell handler's ".\\scripts\\enable.cmd"; nullopt if the text is no manifest. The VM
// Agent takes a byte order mark away, with which that handler's manifest begins.
std::optional<bool> runs_our_program(std::string_view text);

// Throws kPackageDamaged if the VM Agent could not use the text: no array of one, a command that is
// missing or does not run kHandlerProgram, a flag that is no boolean, another update mode.
void check_handler_manifest(std::string_view text);

}  // namespace package
