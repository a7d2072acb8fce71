#pragma once

#include <string>

#include "actions/machine/host_files.h"
#include "package/package_check.h"
#include "package/version.h"

namespace package {

// The package of another version of this extension, whose handler need not be ours: that of the
// PowerShell handler has no payload.json, and the payload lies in it beside scripts and settings.

// Whose handler lies in a package's folder.
enum class HandlerOf {
  kNobody,   // there is no folder
  kUnknown,  // a folder without a HandlerManifest.json that can be read
  kUs,
  kOthers,
};
HandlerOf handler_of(machine::HostFiles& host, const std::string& folder);

// Returns where the VM Agent puts that version of the extension: beside `root`, our package of the
// version `ours`, and named as that is ("…\1.0.0.1" -> "…\0.19.0.1", "…/Name-1.0.0.1" ->
// "…/Name-0.19.0.1").
std::string folder_beside(const std::string& root, const std::string& ours,
                          const std::string& version);

// Reads the payload in the folder: the drivers with what lies beside them, in one of the layouts
// that releases had. Takes the files that are parts of eBPF for Windows by their names; leaves the
// handler's own scripts and the VM Agent's files. Changes nothing.
//
// Throws kPackageDamaged, naming the file or folder: no payload, or two; a required part (parts.h)
// or a version resource is missing; drivers of two versions, of another version than `of` has in
// its first three numbers, or for two processors; whatever parse_manifest refuses.
CheckedPackage foreign_package(machine::HostFiles& host, const std::string& folder,
                               const HandlerVersion& of);

}  // namespace package
