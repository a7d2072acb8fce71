#pragma once

#include <windows.h>

#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// Who could write, besides those that may do everything anyway: SYSTEM, Administrators and the
// account of this process. A name for people, "BUILTIN\\Users"; nullopt: nobody. An access list of
// a kind that is not known here counts as one that lets somebody write.

// Could change what a folder holds, or let itself do so. `folder` is open for READ_CONTROL.
std::optional<std::string> other_writer_of(const FileHandle& folder, const Attempt& attempt);

// Files::other_writer: also by putting another folder in its place. TrustedInstaller, which owns
// what Windows itself has installed, may do everything, too.
std::optional<std::string> other_writer(std::string_view folder);

}  // namespace machine::windows
