#pragma once

#include <windows.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// Both return a name, for people, of somebody who could write ("BUILTIN\\Users"), besides SYSTEM,
// Administrators and the account of this process, which may do everything anyway; nullopt if nobody
// could. An access list of an unknown kind counts as letting somebody write.

// Who could change what a folder holds, or grant themselves that. `folder` is open for
// READ_CONTROL.
std::optional<std::string> other_writer_of(const FileHandle& folder, const Attempt& attempt);

// Files::other_writer: also who could put another folder in its place. TrustedInstaller, which owns
// what Windows itself has installed, may do everything, too; and so may the direct members of
// Administrators, accounts and groups: this asks the machine's own account database only, since a
// domain may be out of reach. Who is a member by a group of a group has to be named in `trusted`.
std::optional<std::string> other_writer(std::string_view folder,
                                        const std::vector<std::string>& trusted);

}  // namespace machine::windows
