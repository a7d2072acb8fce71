#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "package/version.h"

namespace package {

inline constexpr std::string_view kPublisher = "Microsoft.EbpfForWindows";
inline constexpr std::string_view kExtensionType = "EbpfForWindows";
inline constexpr std::string_view kHandlerProgram =
    "ebpf-handler.exe";  // also the Linux build's name
inline constexpr std::string_view kHandlerManifestName = "HandlerManifest.json";

// The text of HandlerManifest.json: the program that the VM Agent runs for each of its commands. An
// array of one element; both VM Agents read only the first. Commands have no folder: the VM Agents
// of Windows and Linux put the package's folder before them.
std::string handler_manifest(const HandlerVersion& version);

// Returns the version in a handler's manifest; nullopt if the text is no manifest or has none.
std::optional<HandlerVersion> version_in_manifest(std::string_view text);

// Returns true if a handler's manifest runs kHandlerProgram, false if it runs another program, such
// as the PowerShell handler's ".\\scripts\\enable.cmd"; nullopt if the text is no manifest. The VM
// Agent takes a byte order mark away, with which that handler's manifest begins.
std::optional<bool> runs_our_program(std::string_view text);

// Throws kPackageDamaged if the VM Agent could not use the text: no array of one, a command that is
// missing or does not run kHandlerProgram, a flag that is no boolean, another update mode.
void check_handler_manifest(std::string_view text);

}  // namespace package
