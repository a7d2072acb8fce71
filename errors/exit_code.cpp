#include "errors/exit_code.h"

#include <algorithm>
#include <array>

namespace errors {
namespace {

constexpr std::string_view kMendStep =
    "Look up the step that failed (`ebpf-handler journal list`, then `journal show ID`), mend its "
    "cause,";

// clang-format off
constexpr auto kTable = std::to_array<ExitCodeRow>({
  {ExitCode::kSuccess,           "success",             "success",                             ""},
  {ExitCode::kUnsupportedOs,     "unsupported-os",      "this Windows build is not supported", "Use a version of the extension that supports this Windows build."},
  {ExitCode::kGeneric,           "generic",             "failure without a code of its own",   kMendStep},
  {ExitCode::kBadEnvironment,    "bad-environment",     "HandlerEnvironment.json is unusable", "Restart the VM Agent: it writes the file anew at its start."},
  {ExitCode::kNoEnvironment,     "no-environment",      "HandlerEnvironment.json is missing",  "Restart the VM Agent: it writes the file at its start."},
  {ExitCode::kDowngradeRefused,  "downgrade-refused",   "a newer version is installed",        "Uninstall the newer version first, or deploy a version that is not older."},
  {ExitCode::kRefusedByPolicy,   "refused-by-policy",   "forbidden by policy",                 "Remove the registry value EbpfDisableRuntimeUpdate, or set it to 0,"},
  {ExitCode::kCopyFile,          "copy-file",           "a file could not be put in place",    kMendStep},
  {ExitCode::kDeleteFolder,      "delete-folder",       "a file or folder could not be removed", kMendStep},
  {ExitCode::kCreateFolder,      "create-folder",       "a folder could not be created",       kMendStep},
  {ExitCode::kFolderNotFound,    "folder-not-found",    "a folder is missing",                 kMendStep},
  {ExitCode::kCreateTask,        "create-task",         "a scheduled task could not be created", kMendStep},
  {ExitCode::kDeleteTask,        "delete-task",         "a scheduled task could not be removed", kMendStep},
  {ExitCode::kStartDriver,       "start-driver",        "a driver or eBPFSvc did not start",   kMendStep},
  {ExitCode::kStopDriver,        "stop-driver",         "a driver or service did not stop",    "Close the programs that use eBPF, or restart the VM;"},
  {ExitCode::kChangeStartType,   "change-start-type",   "a start type could not be changed",   kMendStep},
  {ExitCode::kCreateService,     "create-service",      "a service could not be registered",   kMendStep},
  {ExitCode::kDeleteService,     "delete-service",      "a service could not be removed",      kMendStep},
  {ExitCode::kAddNetshHelper,    "add-netsh-helper",    "the netsh helper was not registered", kMendStep},
  {ExitCode::kRemoveNetshHelper, "remove-netsh-helper", "the netsh helper was not removed",    kMendStep},
  {ExitCode::kRestartService,    "restart-service",     "GuestProxyAgent did not come back",   "Look at GuestProxyAgent's own log, mend what it says,"},
  {ExitCode::kInUse,             "in-use",              "a file of eBPF is in use",            "Close the programs that use the file, or restart the VM,"},
  {ExitCode::kUpdateStore,       "update-store",        "the eBPF store could not be updated", kMendStep},
  {ExitCode::kPackageDamaged,    "package-damaged",     "the package is damaged",              "Download the package again, or publish it anew,"},
  {ExitCode::kBusy,              "busy",                "another command is running",          "Wait for the other command to end, then run this one again."},
  {ExitCode::kJournalUnusable,   "journal-unusable",    "the journal cannot be used",          "Check the journal's folder, its disk and its permissions,"},
  {ExitCode::kJournalTooNew,     "journal-too-new",     "the journal was written by a newer version", "Deploy the version of the extension that wrote the journal, or a later one."},
  {ExitCode::kInconsistent,      "inconsistent",        "the machine is neither before nor after", "Read `ebpf-handler journal list`, then `journal show ID`; mend the object of the undo failure,"},
  {ExitCode::kRebootNeeded,      "reboot-needed",       "the VM must be restarted",            "Restart the VM,"},
  {ExitCode::kOutOfTime,         "out-of-time",         "the time limit was reached",          "Look up the step that took the time (`ebpf-handler journal list`, then `journal show ID`), mend its cause,"},
  {ExitCode::kDiskFull,          "disk-full",           "the disk is full",                    "Free space on the system drive,"},
  {ExitCode::kBadSequenceNumber, "bad-sequence-number", "ConfigSequenceNumber is not a number from 0 to 2147483647", "Deploy the extension again."},
  {ExitCode::kUsage,             "usage",               "the command line is wrong",           "Run `ebpf-handler --help`."},
  {ExitCode::kUnsafeFolder,      "unsafe-folder",       "others can write into the install folder", "Take that access away (icacls FOLDER shows it),"},
  {ExitCode::kMsiProduct,        "msi-product",         "eBPF belongs to a product of Windows Installer", "Remove that product (msiexec /x with its code),"},
  {ExitCode::kNotWell,           "not-well",            "the doctor found trouble, or could not see all", "Do what each finding of `ebpf-handler doctor` says, then run it again."},
});
// clang-format on

}  // namespace

std::span<const ExitCodeRow> exit_codes() { return kTable; }

const ExitCodeRow& exit_code_row(ExitCode code) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(),
                                 [code](const ExitCodeRow& r) { return r.code == code; });
  return row == kTable.end() ? exit_code_row(ExitCode::kGeneric) : *row;
}

std::optional<ExitCode> exit_code_from_number(int number) {
  for (const ExitCodeRow& row : kTable) {
    if (static_cast<int>(row.code) == number) return row.code;
  }
  return std::nullopt;
}

int process_exit_status(ExitCode code) {
  const int number = static_cast<int>(code);
#ifdef _WIN32
  return number;
#else
  constexpr int kLowByte = 0xff;
  if (number == 0) return 0;
  return (number & kLowByte) == 0 ? 1 : number & kLowByte;
#endif
}

}  // namespace errors
