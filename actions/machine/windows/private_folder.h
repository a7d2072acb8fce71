#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace machine::windows {

// Files::create_private_folder. The folder belongs to Administrators; SYSTEM and Administrators
// have full access, nothing is inherited. One that is there is judged by its handle, opened without
// following a link: trusted is a folder whose owner is SYSTEM, Administrators or the account that
// this process runs as, and whose access list lets nobody else write, delete or change it. The last
// of the three is for an administrator at a console; the VM Agent's own account is SYSTEM.
// Whatever else is there is renamed aside.
std::optional<std::string> create_private_folder(std::string_view path);

}  // namespace machine::windows
