#include "actions/machine/windows/interfaces/windows_processes.h"

#include <windows.h>

#include <algorithm>
#include <array>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/windows/clock.h"
#include "actions/machine/windows/device_path.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/text.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows::interfaces {
namespace {

using errors::ExitCode;

constexpr UINT kKilled = 258;                // WAIT_TIMEOUT: what the killed ones return
constexpr DWORD kEndsWithinMs = 5000;        // for what has been killed
constexpr std::int64_t kMostMs = 1U << 30U;  // one wait

void append_word(std::string& line, std::string_view word) {
  if (!line.empty()) line += ' ';
  if (!word.empty() && word.find_first_of(" \t\n\v\"") == std::string_view::npos) {
    line += word;
    return;
  }
  line += '"';
  std::size_t backslashes = 0;
  for (const char c : word) {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    // Backslashes mean themselves except in front of a quote.
    line.append(c == '"' ? backslashes * 2 + 1 : backslashes, '\\');
    backslashes = 0;
    line += c;
  }
  line.append(backslashes * 2, '\\');
  line += '"';
}

KernelHandle job_that_kills(const Attempt& attempt) {
  KernelHandle job(CreateJobObjectW(nullptr, nullptr));
  if (!job) attempt.by("CreateJobObject").fail_with_last_error();
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (SetInformationJobObject(job.get(), JobObjectExtendedLimitInformation, &limits,
                              sizeof(limits)) == 0)
    attempt.by("SetInformationJobObject").fail_with_last_error();
  return job;
}

FileHandle inheritable_nul(const Attempt& attempt) {
  SECURITY_ATTRIBUTES inheritable{sizeof(inheritable), nullptr, TRUE};
  FileHandle nul(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable, OPEN_EXISTING, 0,
                             nullptr));
  if (!nul) attempt.by("CreateFile").fail_with_last_error();
  return nul;
}

// What the child is born with: the job (no instruction of it runs outside) and the one handle that
// it inherits.
class BirthAttributes {
 public:
  BirthAttributes(HANDLE job, HANDLE inherited, const Attempt& attempt)
      : job_(job), inherited_(inherited) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, kCount, 0, &size);
    bytes_.resize(size);
    if (InitializeProcThreadAttributeList(get(), kCount, 0, &size) == 0)
      attempt.by("InitializeProcThreadAttributeList").fail_with_last_error();
    set(PROC_THREAD_ATTRIBUTE_JOB_LIST, &job_, attempt);
    set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &inherited_, attempt);
  }
  BirthAttributes(const BirthAttributes&) = delete;
  BirthAttributes& operator=(const BirthAttributes&) = delete;
  ~BirthAttributes() { DeleteProcThreadAttributeList(get()); }
  LPPROC_THREAD_ATTRIBUTE_LIST get() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(bytes_.data());
  }

 private:
  static constexpr DWORD kCount = 2;

  void set(DWORD_PTR attribute, HANDLE* handle, const Attempt& attempt) {
    if (UpdateProcThreadAttribute(get(), 0, attribute, handle, sizeof(HANDLE), nullptr, nullptr) ==
        0)
      attempt.by("UpdateProcThreadAttribute").fail_with_last_error();
  }

  HANDLE job_;
  HANDLE inherited_;
  std::vector<unsigned char> bytes_;
};

// Which of them is missing CreateProcess does not always tell apart from the folder to start in.
void refuse_what_is_no_file(std::string_view path, const Attempt& attempt) {
  const DWORD attributes = GetFileAttributesW(device_path(path).c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) attempt.fail_with_last_error();
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) attempt.fail(ERROR_ACCESS_DENIED);
}

KernelHandle start(std::string_view path, std::span<const std::string> arguments,
                   const KernelHandle& job, const Attempt& attempt) {
  const FileHandle nul = inheritable_nul(attempt);
  BirthAttributes attributes(job.get(), nul.get(), attempt);
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof(startup);
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = nul.get();
  startup.StartupInfo.hStdOutput = nul.get();
  startup.StartupInfo.hStdError = nul.get();
  startup.lpAttributeList = attributes.get();
  const std::wstring program = wide(library_path(path));
  const std::wstring folder = wide(library_path(parent(path)));
  std::wstring line = wide(command_line(library_path(path), arguments));
  PROCESS_INFORMATION process{};
  if (CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE,
                     CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT,
                     nullptr, folder.c_str(), &startup.StartupInfo, &process) == 0)
    attempt.fail_with_last_error();
  CloseHandle(process.hThread);
  return KernelHandle(process.hProcess);
}

bool ends_before(const KernelHandle& process, std::int64_t deadline_ms, const Attempt& attempt) {
  for (;;) {
    const std::int64_t left = std::clamp<std::int64_t>(deadline_ms - monotonic_ms(), 0, kMostMs);
    const DWORD answer = WaitForSingleObject(process.get(), static_cast<DWORD>(left));
    if (answer == WAIT_OBJECT_0) return true;
    if (answer != WAIT_TIMEOUT) attempt.by("WaitForSingleObject").fail_with_last_error();
    if (left == 0) return false;
  }
}

}  // namespace

std::string command_line(std::string_view program, std::span<const std::string> arguments) {
  std::string line;
  append_word(line, program);
  for (const std::string& argument : arguments)
    append_word(line, argument);
  return line;
}

std::uint32_t WindowsProcesses::run(std::string_view path, std::span<const std::string> arguments,
                                    std::int64_t deadline_ms) {
  const Attempt attempt{ExitCode::kGeneric, "run", "CreateProcess", path};
  refuse_what_is_no_file(path, attempt);
  const KernelHandle job = job_that_kills(attempt);
  const KernelHandle process = start(path, arguments, job, attempt);
  if (!ends_before(process, deadline_ms, attempt)) {
    TerminateJobObject(job.get(), kKilled);
    WaitForSingleObject(process.get(), kEndsWithinMs);
    Attempt{ExitCode::kOutOfTime, "wait for", "WaitForSingleObject", path}.fail(WAIT_TIMEOUT);
  }
  DWORD code = 0;
  if (GetExitCodeProcess(process.get(), &code) == 0)
    attempt.by("GetExitCodeProcess").fail_with_last_error();
  return code;
}

}  // namespace machine::windows::interfaces
