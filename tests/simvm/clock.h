#pragma once

#include <cstdint>
#include <string>

namespace simvm {

// Lets the VM live on for a while; its time then, in virtual milliseconds since 1970, UTC.
std::int64_t pass_time(const std::string& vm, std::int64_t milliseconds);

}  // namespace simvm
