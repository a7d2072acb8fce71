#pragma once

#include <cstdint>
#include <string>

namespace engine {

// Host path of the folder in which this executable lies: the package's root. Never the current
// directory.
std::string executable_folder();
std::string executable_path();  // host path of this executable
std::int64_t process_id();

}  // namespace engine
