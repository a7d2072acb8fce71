#include "tests/golden/preparation.h"

#include <filesystem>
#include <stdexcept>

#include "actions/files/arm_recovery.h"
#include "actions/machine/data_collectors.h"
#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/machine/simulated/vm_home.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "actions/tasks/recovery_task.h"
#include "engine/product/places.h"
#include "engine/transaction/recovery.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/powershell_handler.h"

namespace golden {
namespace {

using engine::commands::Command;

void prepare(const Room& room, Command command, std::size_t package = Room::kOld) {
  lab::prepare(room.vm(), command, room.package(package));
}

// Something done to the machine behind the handler's back.
void behind(const Room& room, const std::function<void(machine::Machine&)>& what) {
  const auto machine = room.vm().machine();
  what(*machine);
  machine->system().flush();
}

// A disable that fails, and whose undo fails: eBPFSvc does not come back.
void stuck(const Room& room) {
  enabled(room);
  room.vm().set("service:NetEbpfExt", {"ignores-stop"});
  room.vm().set("service:eBPFSvc", {"start-fails=1053"});
  room.vm().run(Command::kDisable, room.package(Room::kOld));
}

// The PowerShell handler's version, of which no journal knows.
void predecessor(const Room& room) {
  enabled(room);
  const auto journal = room.vm().journal_path();
  const auto home = room.vm().home();
  const machine::simulated::disk::Drive& drive = home->drive();
  drive.tree().remove_all(drive.find(R"(C:\ProgramData\EbpfForWindows)").host);
  std::filesystem::remove_all(journal.parent_path());
  behind(room, world::leave_its_files);
  room.vm().reboot();  // what is there is durable
}

}  // namespace

void nothing(const Room& /*room*/) {}

void installed(const Room& room) { prepare(room, Command::kInstall); }

void enabled(const Room& room) {
  installed(room);
  prepare(room, Command::kEnable);
  room.vm().set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
}

void enabled_and_armed(const Room& room) {
  enabled(room);
  behind(room, [](machine::Machine& machine) {
    const std::string folder = engine::product::recovery_copy_folder(machine);
    machine.files().create_folder(folder);
    machine.files().write(actions::files::ArmRecovery::program_in(folder), "handler");
    machine.tasks().put(engine::product::kRecoveryTask, actions::tasks::recovery_task_xml(folder));
  });
}

std::function<void(const Room&)> update_before(Command next) {
  return [next](const Room& room) {
    enabled(room);
    const lab::UpdateSequence update(room.package(Room::kOld), room.package(Room::kNew));
    lab::prepare(room.vm(), update.before(next));
  };
}

void damaged(const Room& room) {
  enabled(room);
  const std::string folder = R"(C:\Program Files\ebpf-for-windows\)";
  room.vm().put(folder + "ebpfapi.dll", "damaged");
  room.vm().put(folder + "drivers\\eBPFCore.sys", machine::simulated::minimal_image("damaged"));
  room.vm().put(folder + "ebpf_tracing.cmd", "damaged");
  room.vm().set("path:" + folder + "ebpf_tracing.cmd", {"readonly=1"});
  room.vm().remove(folder + "bpftool.exe");
}

void deletions_queued(const Room& room) {
  installed(room);
  room.vm().remove(R"(C:\Program Files\ebpf-for-windows\bpftool.exe)");
  behind(room, [](machine::Machine& machine) {
    constexpr const char* kKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
    const std::string theirs = std::string(R"(\??\C:\Acme\old.dll)") + "\n\n";
    const std::string ours = R"(\??\C:\Program Files\ebpf-for-windows\)";
    machine.registry().set(
        kKey, "PendingFileRenameOperations",
        {machine::RegistryType::kMultiString, theirs + ours + "drivers\\eBPFCore.sys\n"});
    machine.registry().set(kKey, "PendingFileRenameOperations2",
                           {machine::RegistryType::kMultiString, ours + "ebpfapi.dll\n"});
  });
}

void traced(const Room& room) {
  enabled(room);
  behind(room, [](machine::Machine& machine) {
    machine.data_collectors().put("ebpf_diag", "<DataCollectorSet>eBPF</DataCollectorSet>");
    machine.data_collectors().start("ebpf_diag");
  });
}

void with_things_of_others(const Room& room) {
  enabled(room);
  const std::string folder = R"(C:\Program Files\ebpf-for-windows\)";
  room.vm().put(folder + "notes.txt", "somebody else's");
  room.vm().set("path:" + folder + "bpftool.exe", {"readonly=1"});
  behind(room, [](machine::Machine& machine) {
    machine.registry().set(R"(HKLM\SYSTEM\CurrentControlSet\Services\NetEbpfExt\Parameters)",
                           "Verified", {machine::RegistryType::kDword, "1"});
  });
}

void killed(const Room& room) {
  installed(room);
  if (!room.vm().run_killed(Command::kEnable, room.package(Room::kOld),
                            "services.start#2:kill-after"))
    throw std::runtime_error("preparing: enable was not killed");
}

void nearly_inconsistent(const Room& room) {
  stuck(room);
  while (room.vm().last_transaction()->attempts < engine::transaction::kMaxAttempts - 1)
    room.vm().run(Command::kRecover, room.package(Room::kOld));
}

void hanging(const Room& room) {
  enabled(room);
  room.vm().set("service:NetEbpfExt", {"stop-hangs"});
}

void not_stopping(const Room& room) {
  enabled(room);
  room.vm().set("service:EbpfCore", {"ignores-stop"});
}

void update_hanging(const Room& room) {
  update_before(Command::kEnable)(room);
  room.vm().set("service:EbpfCore", {"ignores-stop"});
  room.vm().set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
}

void update_hanging_in_recovery(const Room& room) {
  update_before(Command::kEnable)(room);
  room.vm().set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  if (!room.vm().run_killed(Command::kEnable, room.package(Room::kNew),
                            "services.stop#1:kill-before"))
    throw std::runtime_error("preparing: enable was not killed");
  room.vm().set("service:EbpfCore", {"ignores-stop"});
}

void without_a_journal(const Room& room) {
  enabled(room);
  lab::write_file(room.vm().journal_path(), "no database, and long enough to be looked at");
}

void predecessor_disabled(const Room& room) {
  predecessor(room);
  behind(room, [](machine::Machine& machine) {
    world::PowerShellHandler(machine, world::Generation::kSecond).disable();
  });
}

void predecessor_uninstalled(const Room& room) {
  predecessor_disabled(room);
  prepare(room, Command::kUpdate, Room::kNew);
  behind(room, [](machine::Machine& machine) {
    world::PowerShellHandler(machine, world::Generation::kSecond).uninstall();
  });
}

void package_of_update_damaged(const Room& room) {
  update_before(Command::kUpdate)(room);
  lab::write_file(room.package(Room::kNew).file("bin/ebpfapi.dll"), "damaged");
}

void package_damaged(const Room& room) {
  installed(room);
  lab::write_file(room.package(Room::kOld).file("bin/ebpfapi.dll"), "damaged");
}
}  // namespace golden
