// What to do after each exit code.
#include "tests/world/advice.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <vector>

#include "actions/machine/registry.h"
#include "tests/world/furniture.h"

namespace world {
namespace {

using errors::ExitCode;
using Command = VmAgent::Command;
using Fails = void (*)(Night&);

constexpr std::string_view kBestEffort =
    "Only a best-effort step has this code: a warning row, exit code 0.";

const std::string kCoreFile = std::string(kInstallFolder) + R"(\drivers\eBPFCore.sys)";

void resume(Night& night) { night.agent.resume(); }
void clear_and_resume(Night& night) {
  night.agent.clear();
  night.agent.resume();
}
void clear_and_deploy_again(Night& night) {
  night.agent.clear();
  night.agent.new_number();
  night.agent.resume();
}
void deploy_again(Night& night) {
  night.agent.new_number();
  night.agent.resume();
}
void clear_boot_and_resume(Night& night) {
  night.agent.clear();
  night.agent.boot();
  night.agent.resume();
}

void install(Night& night) { night.agent.install("1.0.0"); }
void enable(Night& night) { night.agent.enable(); }
void disable(Night& night) { night.agent.disable(); }
void update(Night& night) { night.agent.update("1.0.0"); }

template <Command kCommand>
void under(Night& night, const char* fault) {
  night.agent.meddle({kCommand, fault, {}});
}

std::filesystem::path environment_file(Night& night) {
  return night.agent.package("1.0.0").file("HandlerEnvironment.json");
}

void keep_and_write(Night& night, const std::filesystem::path& path, const std::string& content) {
  night.kept = lab::read_file(path);
  lab::write_file(path, content);
}

void enable_without_log_folder(Night& night) {
  keep_and_write(night, environment_file(night), R"([{"handlerEnvironment": {}}])");
  enable(night);
}

void enable_without_environment(Night& night) {
  night.kept = lab::read_file(environment_file(night));
  std::filesystem::remove(environment_file(night));
  enable(night);
}

void write_environment_and_resume(Night& night) {
  lab::write_file(environment_file(night), night.kept);
  resume(night);
}

void update_with_damaged_package(Night& night) {
  keep_and_write(night, night.agent.package("1.0.0").file("bin/ebpfapi.dll"), "damaged");
  update(night);
}

void download_and_deploy_again(Night& night) {
  lab::write_file(night.agent.package("1.0.0").file("bin/ebpfapi.dll"), night.kept);
  deploy_again(night);
}

void uninstall_that_cannot_delete(Night& night) {
  under<Command::kUninstall>(night, "files.rename#2:fail=5");
  night.agent.uninstall();
}

void uninstall_that_cannot_unregister(Night& night) {
  under<Command::kUninstall>(night, "services.remove#1:fail=5");
  night.agent.uninstall();
}

void boot_without_calls(Night& night) {
  night.agent.clear();
  night.agent.boot();
}

void install_with_folder_denied(Night& night) {
  arm(*night.vm.home(), std::string("path:") + kInstallFolder, {"fails=5"});
  install(night);
}

std::filesystem::path lock_file(Night& night) {
  return night.vm.journal_path().parent_path() / "lock";
}

void lock(Night& night) {
  night.other = journal::Lock::acquire(lock_file(night).string(), "4711 install",
                                       std::chrono::milliseconds(0));
  enable(night);
}

void unlock(Night& night) {
  night.other.reset();
  resume(night);
}

void folder_for_lock(Night& night) {
  std::filesystem::remove(lock_file(night));
  std::filesystem::create_directory(lock_file(night));
  enable(night);
}

void no_folder_for_lock(Night& night) {
  std::filesystem::remove(lock_file(night));
  resume(night);
}

void journal_of_a_newer_program(Night& night) {
  SQLite::Database(night.vm.journal_path().string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA trusted_schema = ON; UPDATE meta SET value = '99' WHERE key = 'min_program'");
  enable(night);
}

// The undo of a repair fails until recovery gives it up.
void undo_that_is_given_up(Night& night) {
  arm(*night.vm.home(), std::string("service:") + kEbpfService, {"start-fails=1053"});
  put_file(*night.vm.home(), std::string(kInstallFolder) + R"(\ebpfapi.dll)", "damaged");
  under<Command::kEnable>(night, "services.start#2:fail=577");
  enable(night);
  constexpr int kEnough = 10;
  for (int i = 0; i < kEnough && night.agent.last().code != 1105; ++i)
    enable(night);
}

void start_that_takes_all_of_the_time(Night& night) {
  under<Command::kEnable>(night, "services.start#1:takes=290");
  install(night);
}

void bad_number(Night& night) {
  night.agent.meddle({Command::kEnable, "", "one"});
  enable(night);
}

void trust_and_deploy_again(Night& night) {
  night.vm.machine()->registry().set(R"(HKLM\Software\eBPF)", "EbpfTrustedWriters",
                                     {machine::RegistryType::kString, R"(BUILTIN\Users)"});
  deploy_again(night);
}

void proxy_that_breaks(Night& night) {
  arm(*night.vm.home(), std::string("service:") + kProxy, {"unhealthy"});
  update(night);
}

// clang-format off
const std::vector<AdviceRow>& table() {
  static const std::vector<AdviceRow> kRows{
    {ExitCode::kUnsupportedOs, "windows-2019", "", "Version 1.0.0 needs Windows Server 2022.", install,
     "Use a version of the extension that supports this Windows build.",
     "An earlier version is deployed.", [](Night& night) { night.agent.install("0.9.1"); }},
    {ExitCode::kGeneric, "plain", "", "The flush behind enable fails once.",
     [](Night& night) { under<Command::kEnable>(night, "system.flush#1:fail=1117"); install(night); },
     "mend its cause, then run the command again.", "The VM Agent repeats enable.", resume},
    {ExitCode::kBadEnvironment, "plain", "1.0.0", "HandlerEnvironment.json names no folders.", enable_without_log_folder,
     "Restart the VM Agent: it writes the file anew", "The file is as before; enable.", write_environment_and_resume},
    {ExitCode::kNoEnvironment, "plain", "1.0.0", "HandlerEnvironment.json is missing.", enable_without_environment,
     "Restart the VM Agent: it writes the file", "The file is as before; enable.", write_environment_and_resume},
    {ExitCode::kDowngradeRefused, "plain", "1.0.0", "An older version is deployed as if it were new.",
     [](Night& night) { night.agent.install("0.9.1"); },
     "deploy a version that is not older", "Version 1.1.0 is deployed.", [](Night& night) { night.agent.install("1.1.0"); }},
    {ExitCode::kRefusedByPolicy, "policy", "0.9.1", "The policy value is there.", update,
     "Remove the registry value EbpfDisableRuntimeUpdate, or set it to 0, then deploy the extension again with a new sequence number.", "The value goes; a new number.", clear_and_deploy_again},
    {ExitCode::kCopyFile, "library-denied", "0.9.1", "A file cannot be replaced in an update.", update,
     "mend its cause, then deploy the extension again with a new sequence number", "The access is given; a new number.", clear_and_deploy_again},
    {ExitCode::kCopyFile, "library-denied", "", "A file cannot be placed by a first install.", install,
     "mend its cause, then run the command again.", "The access is given; the VM Agent repeats install.", clear_and_resume},
    {ExitCode::kCopyFile, "library-denied", "0.9.1", "A file cannot be replaced, in four calls.",
     [](Night& night) { update(night); for (int i = 0; i < 3; ++i) resume(night); },
     "Mend the cause, then deploy the extension again with a new sequence number.", "The access is given; a new number.", clear_and_deploy_again},
    {ExitCode::kDeleteFolder, "plain", "1.0.0", "A file cannot be moved away by uninstall.", uninstall_that_cannot_delete,
     "where no folder of the extension is left, the recovery task removes eBPF after a restart of the VM.", "A boot.", boot_without_calls},
    {ExitCode::kCreateFolder, "plain", "", "The install folder cannot be made.", install_with_folder_denied,
     "mend its cause, then run the command again.", "The access is given; the VM Agent repeats install.", clear_and_resume},
    {ExitCode::kFolderNotFound, "plain", "", "Only a listing of a folder has this code, and each is made of a folder that was seen."},
    {ExitCode::kCreateTask, "plain", "", kBestEffort},
    {ExitCode::kDeleteTask, "plain", "", kBestEffort},
    {ExitCode::kStartDriver, "service-crashes", "", "eBPFSvc ends after each start.", install,
     "mend that, then run the command again.", "It stays; the VM Agent repeats enable.", clear_and_resume},
    {ExitCode::kStartDriver, "service-crashes", "0.9.1", "eBPFSvc ends after each start, in an update.", update,
     "then deploy the extension again with a new sequence number; until then enable only repeats this failure.",
     "It stays; a new number.", clear_and_deploy_again},
    {ExitCode::kStopDriver, "core-ignores-stop", "1.0.0", "A program uses EbpfCore.", disable,
     "Close the programs that use eBPF, or restart the VM; then run the command again.", "It is closed; disable again, and enable.",
     [](Night& night) { night.agent.clear(); night.agent.disable(); night.agent.enable(); }},
    {ExitCode::kStopDriver, "core-ignores-stop", "0.9.1", "A program uses EbpfCore, in an update.", update,
     "Close the programs that use eBPF", "It is closed; the VM Agent goes on.", clear_and_resume},
    {ExitCode::kChangeStartType, "plain", "", "The start type of a driver cannot be changed by enable.",
     [](Night& night) { under<Command::kEnable>(night, "services.change#1:fail=5"); install(night); },
     "mend its cause, then run the command again.", "The VM Agent repeats enable.", resume},
    {ExitCode::kCreateService, "plain", "", "A driver cannot be registered.",
     [](Night& night) { under<Command::kInstall>(night, "services.create#1:fail=5"); install(night); },
     "mend its cause, then run the command again.", "The VM Agent repeats install.", resume},
    {ExitCode::kDeleteService, "plain", "1.0.0", "A registration cannot be removed by uninstall.", uninstall_that_cannot_unregister,
     "where no folder of the extension is left, the recovery task removes eBPF after a restart of the VM.", "A boot.", boot_without_calls},
    {ExitCode::kAddNetshHelper, "plain", "", kBestEffort},
    {ExitCode::kRemoveNetshHelper, "plain", "", kBestEffort},
    {ExitCode::kRestartService, "proxy-unhealthy", "0.9.1", "The proxy is unhealthy before an update and after it.", update,
     "Stop the roll-out. eBPF runs and nothing was undone", "The proxy is mended; the VM Agent's next enable.", clear_and_resume},
    {ExitCode::kRestartService, "plain", "0.9.1", "The proxy is healthy before an update and not after it.", proxy_that_breaks,
     "mend what it says, then deploy the extension again with a new sequence number", "The proxy is mended; a new number.", clear_and_deploy_again},
    {ExitCode::kInUse, "plain", "0.9.1", "A program has a file open that an update replaces.",
     [](Night& night) { under<Command::kInstall>(night, "files.rename#1:fail=32"); update(night); },
     "Close the programs that use the file, or restart the VM, then deploy the extension again with a new sequence number.", "It is closed; a new number.", clear_and_deploy_again},
    {ExitCode::kUpdateStore, "plain", "", kBestEffort},
    {ExitCode::kPackageDamaged, "plain", "0.9.1", "A file of the package is damaged.", update_with_damaged_package,
     "Download the package again, or publish it anew, then deploy the extension again with a new sequence number.", "The file is as it was published; a new number.", download_and_deploy_again},
    {ExitCode::kBusy, "plain", "1.0.0", "Another command holds the lock.", lock,
     "Wait for the other command to end, then run this one again.", "It ends; enable.", unlock},
    {ExitCode::kJournalUnusable, "plain", "1.0.0", "A folder lies where the lock is to be.", folder_for_lock,
     "Check the journal's folder, its disk and its permissions, then run the command again.", "The folder goes; enable.", no_folder_for_lock},
    {ExitCode::kJournalTooNew, "plain", "1.0.0", "A newer version has reserved the journal.", journal_of_a_newer_program,
     "Deploy the version of the extension that wrote the journal, or a later one.", "No program here is newer than this one."},
    {ExitCode::kInconsistent, "plain", "1.0.0", "The undo of a repair fails until it is given up.", undo_that_is_given_up,
     "mend the object of the undo failure, then run the command again.", "eBPFSvc starts; the VM Agent repeats enable.", clear_and_resume},
    {ExitCode::kRebootNeeded, "core-marked", "0.9.1", "EbpfCore is marked for deletion.", update,
     "Restart the VM, then ", "A boot; the VM Agent goes on.", clear_boot_and_resume},
    {ExitCode::kRebootNeeded, "core-stop-hangs", "0.9.1", "EbpfCore is stop-pending behind a disable that failed.",
     [](Night& night) { update(night); night.agent.enable(); },
     "Restart the VM, then run the command again.", "A boot; enable.", clear_boot_and_resume},
    {ExitCode::kOutOfTime, "plain", "", "A call takes all of the command's time.", start_that_takes_all_of_the_time,
     "mend its cause, then run the command again.", "The VM Agent repeats enable.", resume},
    {ExitCode::kDiskFull, "disk-full", "0.9.1", "The disk is full.", update,
     "Free space on the system drive, then deploy the extension again with a new sequence number.", "There is space; a new number.", clear_and_deploy_again},
    {ExitCode::kBadSequenceNumber, "plain", "1.0.0", "ConfigSequenceNumber is a word.", bad_number,
     "Deploy the extension again.", "A new number; enable.", deploy_again},
    {ExitCode::kUsage, "plain", "", "The VM Agent's calls are right; tests/engine/handler/command_line_test.cpp shows the code."},
    {ExitCode::kUnsafeFolder, "company-group", "0.9.1", "Others may write above the install folder.", update,
     "Take that access away (icacls FOLDER shows it), or name who has it in the registry value", "It is taken away; a new number.", clear_and_deploy_again},
    {ExitCode::kUnsafeFolder, "company-group", "0.9.1", "Others may write above the install folder.", update,
     "HKLM\\Software\\eBPF\\EbpfTrustedWriters, then deploy the extension again with a new sequence number.", "They are named; a new number.", trust_and_deploy_again},
    {ExitCode::kMsiProduct, "msi-older", "", "An MSI product has put another version of eBPF there.", install,
     "Remove that product (msiexec /x {022C44B5-8969-4B75-8DB0-73F98B1B0091}), then deploy the extension again with a new sequence number.", "The product is removed; a new number.", clear_and_deploy_again},
    {ExitCode::kNotWell, "plain", "", "Only `doctor` ends so; tests/engine/support/doctor_test.cpp follows its advice."},
  };
  return kRows;
}
// clang-format on

const World& old_windows() {
  constexpr int kServer2019 = 17763;
  static const World kWorld{.name = "windows-2019",
                            .sentence = "The machine runs Windows Server 2019.",
                            .options = [](VmOptions& o) { o.os_build = kServer2019; }};
  return kWorld;
}

}  // namespace

std::span<const AdviceRow> advice_rows() { return table(); }

const World& world_of(const AdviceRow& row) {
  const World* world = find(row.world);
  return world == nullptr ? old_windows() : *world;
}

}  // namespace world
