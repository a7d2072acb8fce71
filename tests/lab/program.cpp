#include "tests/lab/program.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include "tests/lab/temporary_folder.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace lab {
namespace {

using std::chrono::steady_clock;

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const bool hidden =
        std::any_of(program.hidden.begin(), program.hidden.end(),
                    [&](std::string_view start) { return text.starts_with(start); });
    if (!hidden) all.push_back(text);
  }
  for (const auto& [name, value] : program.variables)
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
[[noreturn]] void become(char* const* words, char* const* variables, const char* folder,
                         const char* out, const char* err) {
  const int write_flags = O_WRONLY | O_CREAT | O_TRUNC;
  if (::setsid() < 0 || ::chdir(folder) != 0 || !redirect("/dev/null", O_RDONLY, STDIN_FILENO) ||
      !redirect(out, write_flags, STDOUT_FILENO) || !redirect(err, write_flags, STDERR_FILENO)) {
    ::_exit(126);
  }
  ::execve(words[0], words, variables);
  ::_exit(127);
}

// The status of `child`'s end, as waitpid has it.
int wait_for(pid_t child, const Program& program) {
  const auto begun = steady_clock::now();
  for (;;) {
    int status = 0;
    const pid_t changed = ::waitpid(child, &status, WUNTRACED | (program.limit ? WNOHANG : 0));
    if (changed < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "wait for " + program.words[0]);
    if (changed == child && !WIFSTOPPED(status)) return status;
    if (changed == child) {
      if (program.on_stop) program.on_stop();
      ::kill(-child, SIGKILL);
    } else if (program.limit) {
      if (steady_clock::now() - begun > *program.limit) ::kill(-child, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
}

}  // namespace

ProgramEnd run_program(const Program& program) {
  const std::string out = program.scratch / "stdout";
  const std::string err = program.scratch / "stderr";
  std::vector<std::string> words = program.words;
  std::vector<std::string> variables = environment_of(program);
  const std::vector<char*> word_pointers = pointers(words);
  const std::vector<char*> variable_pointers = pointers(variables);

  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "start " + words[0]);
  if (child == 0) {
    become(word_pointers.data(), variable_pointers.data(), program.folder.c_str(), out.c_str(),
           err.c_str());
  }
  const int status = wait_for(child, program);
  ProgramEnd end;
  constexpr int kSignalled = 128;
  end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  end.code = end.signal == 0 ? WEXITSTATUS(status) : kSignalled + end.signal;
  end.out = read_file(out);
  end.err = read_file(err);
  return end;
}

}  // namespace lab
