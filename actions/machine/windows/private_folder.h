#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace machine::windows {

// Files::create_private_folder. The folder belongs to Administrators; SYSTEM and Administrators
// have full access, nothing is inherited. An existing folder is judged by its handle, opened
// without following a link: it is trusted if its owner is SYSTEM, Administrators or this process's
// account, and if its access list lets nobody else write, delete or change it. This process's
// account is for an administrator at a console; the VM Agent's own account is SYSTEM. Anything else
// that is there is renamed aside.
std::optional<std::string> create_private_folder(std::string_view path);

}  // namespace machine::windows
