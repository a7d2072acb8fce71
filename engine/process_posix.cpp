#include <unistd.h>

#include <filesystem>

#include "engine/process.h"

namespace engine {

std::string executable_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string executable_folder() {
  return std::filesystem::path(executable_path()).parent_path().string();
}

std::int64_t process_id() { return ::getpid(); }

}  // namespace engine
