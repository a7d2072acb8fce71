#include "engine/support/system_codes.h"

#include <algorithm>
#include <array>

namespace engine::support {
namespace {

using Of = CodeOf;
using At = LookAt;

// Microsoft Learn, "System Error Codes", by their numbers; and the like.
constexpr std::string_view k0 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--0-499-";
constexpr std::string_view k500 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--500-999-";
constexpr std::string_view k1000 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--1000-1299-";
constexpr std::string_view k1300 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--1300-1699-";
constexpr std::string_view k1700 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--1700-3999-";
constexpr std::string_view k4000 =
    "learn.microsoft.com/windows/win32/debug/system-error-codes--4000-5999-";
constexpr std::string_view kTasks =
    "learn.microsoft.com/windows/win32/taskschd/task-scheduler-error-and-success-constants";
constexpr std::string_view kCom = "learn.microsoft.com/windows/win32/com/com-error-codes-1";
constexpr std::string_view kSqliteCodes = "sqlite.org/rescode.html";

// clang-format off
constexpr auto kTable = std::to_array<SystemCode>({
  // Files.
  {Of::kWindows, 2, "ERROR_FILE_NOT_FOUND", "A file is not where it is expected: removed by somebody, or quarantined by an endpoint product.", At::kProtection, k0},
  {Of::kWindows, 3, "ERROR_PATH_NOT_FOUND", "A folder on the way to the file is missing.", At::kAccess, k0},
  {Of::kWindows, 5, "ERROR_ACCESS_DENIED", "Not run as administrator, or an access list or an endpoint product forbids it to SYSTEM.", At::kAccess, k0},
  {Of::kWindows, 19, "ERROR_WRITE_PROTECT", "The volume is read-only.", At::kDisk, k0},
  {Of::kWindows, 23, "ERROR_CRC", "The disk could not read its own data: it is failing, or its image is damaged.", At::kSystemLog, k0},
  {Of::kWindows, 32, "ERROR_SHARING_VIOLATION", "A program has the file open.", At::kHolders, k0},
  {Of::kWindows, 33, "ERROR_LOCK_VIOLATION", "A program has locked a part of the file.", At::kHolders, k0},
  {Of::kWindows, 39, "ERROR_HANDLE_DISK_FULL", "The disk is full.", At::kDisk, k0},
  {Of::kWindows, 112, "ERROR_DISK_FULL", "The disk is full.", At::kDisk, k0},
  {Of::kWindows, 145, "ERROR_DIR_NOT_EMPTY", "Somebody put files of their own into the folder.", At::kAccess, k0},
  {Of::kWindows, 183, "ERROR_ALREADY_EXISTS", "Somebody else made an object of that name in the same moment.", At::kSystemLog, k0},
  {Of::kWindows, 206, "ERROR_FILENAME_EXCED_RANGE", "The path is too long.", At::kAccess, k0},
  {Of::kWindows, 225, "ERROR_VIRUS_INFECTED", "An endpoint product takes the file for malware, and blocks it.", At::kProtection, k0},
  {Of::kWindows, 226, "ERROR_VIRUS_DELETED", "An endpoint product took the file for malware, and deleted it.", At::kProtection, k0},
  {Of::kWindows, 303, "ERROR_DELETE_PENDING", "The file was deleted, and goes once the last program closes it.", At::kHolders, k0},
  {Of::kWindows, 1117, "ERROR_IO_DEVICE", "The disk failed.", At::kSystemLog, k1000},
  {Of::kWindows, 1392, "ERROR_FILE_CORRUPT", "The file system is damaged there.", At::kSystemLog, k1300},
  // Drivers and programs.
  {Of::kWindows, 126, "ERROR_MOD_NOT_FOUND", "A library that the program needs is missing.", At::kProtection, k0},
  {Of::kWindows, 127, "ERROR_PROC_NOT_FOUND", "A library is of another version than the program, or the driver needs a newer Windows.", At::kService, k0},
  {Of::kWindows, 193, "ERROR_BAD_EXE_FORMAT", "The image is for another processor, or damaged.", At::kSignature, k0},
  {Of::kWindows, 577, "ERROR_INVALID_IMAGE_HASH", "Windows refuses the driver's signature: it is unsigned or test-signed with Secure Boot on, or its certificate is not trusted here.", At::kSignature, k500},
  {Of::kWindows, 1260, "ERROR_ACCESS_DISABLED_BY_POLICY", "A policy of the VM's owner forbids it.", At::kCodeIntegrity, k1000},
  {Of::kWindows, 1275, "ERROR_DRIVER_BLOCKED", "Windows' block list, or memory integrity, forbids this driver.", At::kCodeIntegrity, k1000},
  {Of::kWindows, 4551, "ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION", "App Control (code integrity policy) forbids the image.", At::kCodeIntegrity, k4000},
  {Of::kWindows, 8, "ERROR_NOT_ENOUGH_MEMORY", "The VM has no memory left.", At::kSystemLog, k0},
  {Of::kWindows, 1450, "ERROR_NO_SYSTEM_RESOURCES", "The kernel has no memory left.", At::kSystemLog, k1300},
  {Of::kWindows, 1455, "ERROR_COMMITMENT_LIMIT", "The page file is too small.", At::kSystemLog, k1300},
  // Services.
  {Of::kWindows, 87, "ERROR_INVALID_PARAMETER", "The registration has a value that this Windows does not know.", At::kService, k0},
  {Of::kWindows, 1051, "ERROR_DEPENDENT_SERVICES_RUNNING", "A service that depends on it runs, or was started in the same moment.", At::kService, k1000},
  {Of::kWindows, 1053, "ERROR_SERVICE_REQUEST_TIMEOUT", "Its process did not report within 30 s: a slow or busy VM, or it hangs.", At::kService, k1000},
  {Of::kWindows, 1055, "ERROR_SERVICE_DATABASE_LOCKED", "Another installer holds the services' database.", At::kSystemLog, k1000},
  {Of::kWindows, 1056, "ERROR_SERVICE_ALREADY_RUNNING", "Somebody else started it in the same moment.", At::kService, k1000},
  {Of::kWindows, 1058, "ERROR_SERVICE_DISABLED", "Somebody set it, or a service that it depends on, to disabled.", At::kService, k1000},
  {Of::kWindows, 1060, "ERROR_SERVICE_DOES_NOT_EXIST", "It is not registered: somebody removed it.", At::kService, k1000},
  {Of::kWindows, 1061, "ERROR_SERVICE_CANNOT_ACCEPT_CTRL", "It is just starting or stopping, or does not accept a stop.", At::kService, k1000},
  {Of::kWindows, 1062, "ERROR_SERVICE_NOT_ACTIVE", "It does not run: somebody stopped it, or it ended.", At::kService, k1000},
  {Of::kWindows, 1066, "ERROR_SERVICE_SPECIFIC_ERROR", "It ended with a code of its own: its log tells more.", At::kService, k1000},
  {Of::kWindows, 1067, "ERROR_PROCESS_ABORTED", "Its process crashed, or ended without saying why.", At::kService, k1000},
  {Of::kWindows, 1068, "ERROR_SERVICE_DEPENDENCY_FAIL", "A service that it depends on did not start: that one's code is the cause.", At::kService, k1000},
  {Of::kWindows, 1069, "ERROR_SERVICE_LOGON_FAILED", "Its account may not log on as a service.", At::kService, k1000},
  {Of::kWindows, 1072, "ERROR_SERVICE_MARKED_FOR_DELETE", "Somebody deleted the service while a program, often services.msc or a monitor, holds it open. A restart of the VM completes that.", At::kRestart, k1000},
  {Of::kWindows, 1073, "ERROR_SERVICE_EXISTS", "Somebody else registered it in the same moment.", At::kService, k1000},
  {Of::kWindows, 1075, "ERROR_SERVICE_DEPENDENCY_DELETED", "A service that it depends on is not registered any more.", At::kService, k1000},
  {Of::kWindows, 1077, "ERROR_SERVICE_NEVER_STARTED", "Nobody has started it since the boot.", At::kService, k1000},
  {Of::kWindows, 1084, "ERROR_NOT_SAFEBOOT_SERVICE", "The VM is in Safe Mode, where drivers like these do not start.", At::kRestart, k1000},
  {Of::kWindows, 1115, "ERROR_SHUTDOWN_IN_PROGRESS", "The VM was shutting down.", At::kSystemLog, k1000},
  {Of::kWindows, 1307, "ERROR_INVALID_OWNER", "Not run as administrator.", At::kAccess, k1300},
  {Of::kWindows, 1314, "ERROR_PRIVILEGE_NOT_HELD", "Not run as administrator, or as SYSTEM without its rights.", At::kAccess, k1300},
  {Of::kWindows, 1460, "ERROR_TIMEOUT", "It did not come to its end in the time that it had.", At::kSystemLog, k1300},
  {Of::kWindows, 1722, "RPC_S_SERVER_UNAVAILABLE", "The Windows service behind the call does not run: for tasks, the Task Scheduler.", At::kTaskScheduler, k1700},
  // The Task Scheduler and COM.
  {Of::kTaskScheduler, 0x80040154, "REGDB_E_CLASSNOTREG", "The Task Scheduler's (or the performance logs') component is not on this Windows: a reduced image.", At::kTaskScheduler, kCom},
  {Of::kTaskScheduler, 0x8004130A, "SCHED_E_TASK_NOT_READY", "The task lacks something that it needs to run.", At::kTaskScheduler, kTasks},
  {Of::kTaskScheduler, 0x80041315, "SCHED_E_SERVICE_NOT_RUNNING", "The Task Scheduler does not run: disabled by a hardening script, for example.", At::kTaskScheduler, kTasks},
  {Of::kTaskScheduler, 0x80041326, "SCHED_E_TASK_DISABLED", "Somebody disabled the task.", At::kTaskScheduler, kTasks},
  // The journal.
  {Of::kSqlite, 8, "SQLITE_READONLY", "The journal's file or folder may not be written.", At::kJournalFolder, kSqliteCodes},
  {Of::kSqlite, 10, "SQLITE_IOERR", "The disk failed below the journal.", At::kSystemLog, kSqliteCodes},
  {Of::kSqlite, 11, "SQLITE_CORRUPT", "The journal is damaged: by the disk, a restore, or a program that wrote into it.", At::kJournalFolder, kSqliteCodes},
  {Of::kSqlite, 13, "SQLITE_FULL", "The disk is full.", At::kDisk, kSqliteCodes},
  {Of::kSqlite, 14, "SQLITE_CANTOPEN", "The journal cannot be opened: an access list, an endpoint product, or a folder in its place.", At::kJournalFolder, kSqliteCodes},
  {Of::kSqlite, 26, "SQLITE_NOTADB", "The file is no journal: overwritten, or encrypted.", At::kJournalFolder, kSqliteCodes},
});
// clang-format on

bool is_path(const std::string& object) { return object.find('\\') != std::string::npos; }

std::string file_name(const std::string& path) { return path.substr(path.rfind('\\') + 1); }

}  // namespace

std::span<const SystemCode> system_codes() { return kTable; }

const SystemCode* system_code(const errors::SystemError& error) {
  constexpr std::uint32_t kWindowsHresult = 0x80070000;
  constexpr std::uint32_t kLowHalf = 0xffff;
  constexpr std::uint32_t kSqlitePrimary = 0xff;
  auto code = static_cast<std::uint32_t>(error.code);
  CodeOf of = CodeOf::kWindows;
  if (error.api.starts_with("sqlite3")) {
    of = CodeOf::kSqlite;
    code &= kSqlitePrimary;
  } else if ((code & ~kLowHalf) == kWindowsHresult) {
    code &= kLowHalf;
  } else if (code > kLowHalf) {
    of = CodeOf::kTaskScheduler;
  }
  const auto* row = std::find_if(kTable.begin(), kTable.end(),
                                 [&](const SystemCode& r) { return r.of == of && r.code == code; });
  return row == kTable.end() ? nullptr : row;
}

bool is_plain(const std::string& object) {
  constexpr std::string_view kPlain =
      R"(ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\:._- ())";
  return !object.empty() && object.find_first_not_of(kPlain) == std::string::npos;
}

std::string commands_to_look(LookAt look_at, const std::string& object) {
  const bool plain = is_plain(object);
  const bool path = plain && is_path(object);
  const std::string quoted = '"' + object + '"';
  switch (look_at) {
    case LookAt::kService:
      if (!plain || path) break;
      return "sc.exe queryex " + quoted + "\nsc.exe qc " + quoted;
    case LookAt::kSignature: {
      if (!plain) break;
      if (!path)
        return "sc.exe qc " + quoted +
               "\nwevtutil qe Microsoft-Windows-CodeIntegrity/Operational /c:10 /rd:true /f:text";
      return "powershell -Command \"Get-AuthenticodeSignature '" + object + "' | Format-List\"";
    }
    case LookAt::kCodeIntegrity:
      return "wevtutil qe Microsoft-Windows-CodeIntegrity/Operational /c:10 /rd:true /f:text";
    case LookAt::kAccess:
      return path ? "icacls " + quoted : "whoami /groups";
    case LookAt::kProtection:
      return "powershell -Command \"Get-MpThreatDetection | Format-List\"" +
             (path ? "\ncmd /c dir " + quoted : std::string());
    case LookAt::kHolders:
      return path ? "tasklist /m \"" + file_name(object) + '"' : "tasklist";
    case LookAt::kDisk:
      return "fsutil volume diskfree C:";
    case LookAt::kTaskScheduler:
      return "sc.exe queryex Schedule";
    case LookAt::kRestart:
      return "shutdown /r /t 60";
    case LookAt::kJournalFolder:
      return R"(icacls "C:\ProgramData\EbpfForWindows")";
    case LookAt::kSystemLog:
      break;
  }
  return "wevtutil qe System /c:20 /rd:true /f:text";
}

std::string what_it_shows(LookAt look_at) {
  if (look_at != LookAt::kHolders) return "";
  return " tasklist /m shows who has loaded the file as a library, and not who has it open; that "
         "shows Resource Monitor (resmon, under CPU, Associated Handles), where Windows has it.";
}

}  // namespace engine::support
