#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// Returns the programs and services that have a file open or loaded, by the Restart Manager:
// "svchost (process 812), EbpfSvc (process 90)". "" if it lists none (it never lists drivers), for
// a folder, or if the query fails. For messages: costs some 50 ms and throws nothing.
std::string holders_of(std::string_view path);

}  // namespace machine::windows
