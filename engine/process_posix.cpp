#include <unistd.h>

#include <filesystem>

#include "engine/process.h"

namespace engine {

std::string executable_folder() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "." : path.parent_path().string();
}

std::int64_t process_id() { return ::getpid(); }

}  // namespace engine
