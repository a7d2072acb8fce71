#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "actions/machine/this_process.h"

namespace machine {

void harden_process() {}

std::vector<std::string> arguments(int argc, char** argv) { return {argv, argv + argc}; }

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string executable_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::string executable_folder() {
  return std::filesystem::path(executable_path()).parent_path().string();
}

std::int64_t process_id() { return ::getpid(); }

bool is_elevated() { return true; }

void kill_this_process() {
  std::raise(SIGKILL);
  std::abort();  // not reached
}

}  // namespace machine
