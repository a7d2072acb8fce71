#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// The programs and services that have a file open or loaded, by the Restart Manager: "svchost
// (process 812), EbpfSvc (process 90)". Empty: none that it knows (drivers it never does), a
// folder, or it cannot be asked. For messages: costs some 50 ms and throws nothing.
std::string holders_of(std::string_view path);

}  // namespace machine::windows
