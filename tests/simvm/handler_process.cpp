#include "tests/simvm/handler_process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace simvm {
namespace {

namespace fs = std::filesystem;

// What must not reach a command from the shell in which simvm runs.
constexpr std::array kOwnVariables{"EBPF_", "AZURE_GUEST_AGENT_",
                                   "ConfigSequenceNumber=", "VERSION=", "ConfigExtensionName="};

std::vector<std::string> environment_of(const std::map<std::string, std::string>& given) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    bool own = false;
    for (const char* prefix : kOwnVariables)
      own = own || text.starts_with(prefix);
    if (!own) all.push_back(text);
  }
  for (const auto& [name, value] : given)
    all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

bool redirect(const char* path, int flags, int to) {
  const int fd = ::open(path, flags, 0600);
  return fd >= 0 && ::dup2(fd, to) == to && (fd == to || ::close(fd) == 0);
}

// In the child: only what may be called between fork and exec.
[[noreturn]] void become(const HandlerCommand& command, char* const* words, char* const* variables,
                         const char* out, const char* err) {
  const int write_flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (::setsid() < 0 || ::chdir(command.folder.c_str()) != 0) ::_exit(126);
  if (!redirect("/dev/null", O_RDONLY, 0) || !redirect(out, write_flags, 1) ||
      !redirect(err, write_flags, 2)) {
    ::_exit(126);
  }
  ::execve(words[0], words, variables);
  ::_exit(127);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::int64_t clock_of(const std::string& vm) {
  machine::simulated::VmFolder folder(vm);
  return machine::simulated::Access(folder).state().clock_ms;
}

int whole_exit_code(const std::string& file, int exit_status) {
  std::istringstream in(read_file(file));
  int code = 0;
  return in >> code ? code : exit_status;
}

}  // namespace

CommandEnd run_command(const HandlerCommand& command) {
  fs::create_directories(command.scratch);
  const std::string out = command.scratch + "/stdout";
  const std::string err = command.scratch + "/stderr";
  const std::string code_file = command.scratch + "/exit_code";
  fs::remove(code_file);

  std::map<std::string, std::string> variables = command.environment;
  variables["EBPF_HANDLER_MACHINE"] = command.vm;
  variables["EBPF_HANDLER_EXIT_CODE_FILE"] = code_file;
  variables["EBPF_SIMULATED_DEADLINE_MS"] = std::to_string(command.deadline_ms);
  std::vector<std::string> environment = environment_of(variables);
  std::vector<std::string> words = command.words;
  const std::vector<char*> environment_pointers = pointers(environment);
  const std::vector<char*> word_pointers = pointers(words);

  const pid_t child = ::fork();
  if (child < 0) throw errors::Failure(errors::ExitCode::kGeneric, words[0], "start " + words[0]);
  if (child == 0) {
    become(command, word_pointers.data(), environment_pointers.data(), out.c_str(), err.c_str());
  }

  CommandEnd end;
  for (int status = 0;;) {
    if (::waitpid(child, &status, WUNTRACED) < 0) {
      if (errno == EINTR) continue;
      throw errors::Failure(errors::ExitCode::kGeneric, words[0], "wait for " + words[0]);
    }
    if (WIFSTOPPED(status)) {
      end.kind = clock_of(command.vm) >= command.deadline_ms ? CommandEnd::Kind::kKilledAtLimit
                                                             : CommandEnd::Kind::kKilledAtCall;
      ::kill(-child, SIGKILL);
      continue;
    }
    if (WIFEXITED(status)) {
      end.number = whole_exit_code(code_file, WEXITSTATUS(status));
    } else if (end.kind == CommandEnd::Kind::kExited) {
      end.kind = CommandEnd::Kind::kSignalled;
      end.number = WTERMSIG(status);
    }
    break;
  }
  end.output = read_file(out) + read_file(err);
  return end;
}

}  // namespace simvm
