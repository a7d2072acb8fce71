// The field's machines, a row each. Sentences are for people who choose one.
#include <array>

#include "actions/machine/simulated/vm.h"
#include "tests/world/furniture.h"
#include "tests/world/msi_product.h"
#include "tests/world/other_ebpf.h"
#include "tests/world/world.h"

namespace world {
namespace {

using machine::RegistryType;
using machine::simulated::Gpa;
using machine::simulated::minimal_image;

constexpr std::size_t kLongestPath = 32'767;

std::string installed(const std::string& file) { return std::string(kInstallFolder) + "\\" + file; }

void arm_service(VmHome& vm, const std::string& name, const std::string& setting) {
  arm(vm, "service:" + name, {setting});
}

template <const char* const& kName>
void ignores_stop(VmHome& vm) {
  arm_service(vm, kName, "ignores-stop");
}
template <const char* const& kName>
void stop_hangs(VmHome& vm) {
  arm_service(vm, kName, "stop-hangs");
}

// A boot at which one service does not start, once.
void boot_without(VmHome& vm, const std::string& service, const std::string& code) {
  arm_service(vm, service, "start-fails=" + code);
  boot(vm);
  arm(vm, "service:" + service, {"clear"});
}

void neighbour_with(VmHome& vm, const std::string& setting) {
  put_neighbour(vm);
  arm_service(vm, kNeighbour, setting);
}

void mark_core(VmHome& vm) {
  arm_service(vm, kCore, "held-open");
  remove_service(vm, kCore);
}

void queue_deletions(VmHome& vm) {
  delete_at_boot(vm, installed(R"(drivers\eBPFCore.sys)"));
  delete_at_boot(vm, installed("ebpfapi.dll"));
}

void register_both(VmHome& vm, const std::string& folder, bool with_files) {
  for (const std::string name : {kCore, kExtension}) {
    const std::string image = folder + "\\" + name + ".sys";
    if (with_files) put_file(vm, image, minimal_image(name + " of another installer"));
    register_driver(vm, name, image, machine::StartType::kDemand);
  }
}

void leave_folder_of_users(VmHome& vm) {
  register_both(vm, R"(C:\Temp\ebpf\drivers)", true);
  arm(vm, R"(path:C:\Temp\ebpf)", {"owner=users"});
}

void make_journal_readonly(VmHome& vm) {
  const std::string journal = std::string(kStateFolder) + "\\journal.db";
  if (has_file(vm, journal)) arm(vm, "path:" + journal, {"readonly=1"});
}

void make_journal_writable(VmHome& vm) {
  const std::string journal = std::string(kStateFolder) + "\\journal.db";
  if (has_file(vm, journal)) arm(vm, "path:" + journal, {"readonly=0"});
}

void fill_path(VmHome& vm) {
  std::string path = value(vm, kEnvironmentKey, "Path");
  const std::string more = R"(;C:\Tools\)";
  while (path.size() + more.size() + 60 < kLongestPath - 17)
    path += more + std::string(50, 'x');
  path += more;
  path += std::string(kLongestPath - 17 - path.size(), 'y');
  set_value(vm, kEnvironmentKey, "Path", RegistryType::kExpandString, path);
}

void set_policy(VmHome& vm) { set_value(vm, kPolicyKey, kPolicyValue, RegistryType::kDword, "1"); }

void lose_scheduler(VmHome& vm) { arm(vm, "tasks", {"fails=2147746132"}); }

void quote_images(VmHome& vm) {
  for (const char* name : {kCore, kExtension}) {
    if (!image_of(vm, name).starts_with('"'))
      change_image(vm, name, "\"" + image_of(vm, name) + "\"");
  }
}

void start_in_safe_mode(VmHome& vm) {
  for (const char* name : {kCore, kExtension, kEbpfService, kProxy})
    arm_service(vm, name, "start-fails=1084");
  set_value(vm, kSafeBootKey, "OptionValue", RegistryType::kDword, "1");
  boot(vm);
}

void start_in_normal_mode(VmHome& vm) {
  erase_value(vm, kSafeBootKey, "OptionValue");
  boot(vm);
}

void lose_journal(VmHome& vm) {
  for (const char* name : {"journal.db", "journal.db-wal", "journal.db-shm"}) {
    const std::string path = std::string(kStateFolder) + "\\" + name;
    if (has_file(vm, path)) remove_file(vm, path);
  }
}

constexpr const char kOlder[] = "0.9.1";
constexpr const char kSame[] = "1.0.0";  // as the lives bring it
constexpr const char kNewer[] = "1.1.0";

template <const char* kVersion>
void elsewhere(VmHome& vm) {
  put_ebpf(vm, other_ebpf(kVersion));
  start(vm, kProxy);
}
template <const char* kVersion>
void no_elsewhere(VmHome& vm) {
  take_ebpf(vm, other_ebpf(kVersion));
}
template <const char* kVersion>
void msi(VmHome& vm) {
  msi_install(vm, other_ebpf(kVersion));
  start(vm, kProxy);
}
template <const char* kVersion>
void no_msi(VmHome& vm) {
  msi_uninstall(vm, other_ebpf(kVersion));
}

const std::vector<World>& table() {
  using enum FaultKind;
  // clang-format off
  static const std::vector<World> kWorlds{
    {.name = "plain", .sentence = "The proxy runs with the dependencies that its set-up gives it; nothing else is there."},
    {.name = "proxy-without-dependencies", .sentence = "The proxy runs and depends on no service.",
     .options = [](VmOptions& o) { o.gpa_depends = false; }},
    {.name = "proxy-stopped", .sentence = "The proxy's owner stopped it while eBPF ran; it is automatic.",
     .when_installed = [](VmHome& vm) { stop(vm, kProxy); }},
    {.name = "proxy-never-started", .sentence = "The proxy is automatic and did not start, since the drivers were not there (1075).",
     .options = [](VmOptions& o) { o.gpa = Gpa::kStopped; },
     .at_creation = [](VmHome& vm) { boot(vm); }},
    {.name = "proxy-disabled", .sentence = "The proxy's owner disabled it.",
     .options = [](VmOptions& o) { o.gpa = Gpa::kDisabled; }},
    {.name = "proxy-absent", .sentence = "There is no proxy.",
     .options = [](VmOptions& o) { o.gpa = Gpa::kAbsent; }},
    {.name = "proxy-unhealthy", .sentence = "The proxy runs, and its own status says error.",
     .faults = {{kUnhealthy, "service:GuestProxyAgent"}},
     .when_installed = [](VmHome& vm) { arm_service(vm, kProxy, "unhealthy"); pass(vm, 61'000); }},
    {.name = "proxy-down-since-boot", .sentence = "At the last boot NetEbpfExt did not start (2), so that the proxy did not either (1068); the cause is gone.",
     .when_installed = [](VmHome& vm) { boot_without(vm, kExtension, "2"); }},
    {.name = "core-failed-at-boot", .sentence = "At the last boot EbpfCore did not start once (1455).",
     .when_installed = [](VmHome& vm) { boot_without(vm, kCore, "1455"); }},
    {.name = "neighbour", .sentence = "AcmeFlow, automatic and running, depends on NetEbpfExt.",
     .when_installed = put_neighbour},
    {.name = "neighbour-fails", .sentence = "AcmeFlow runs, and would not start again (1067).",
     .faults = {{kStartFails, "service:AcmeFlow"}},
     .when_installed = [](VmHome& vm) { neighbour_with(vm, "start-fails=1067"); }},
    {.name = "neighbour-slow", .sentence = "AcmeFlow runs, and takes 70 s to start.",
     .when_installed = [](VmHome& vm) { neighbour_with(vm, "start-takes=70"); }},
    {.name = "neighbour-ignores-stop", .sentence = "AcmeFlow runs on, whoever asks it to stop.",
     .faults = {{kStopRefused, "service:AcmeFlow"}},
     .when_installed = [](VmHome& vm) { neighbour_with(vm, "ignores-stop"); }},
    {.name = "neighbour-stop-hangs", .sentence = "AcmeFlow stays stop-pending once it is asked to stop.",
     .faults = {{kStopRefused, "service:AcmeFlow"}},
     .when_installed = [](VmHome& vm) { neighbour_with(vm, "stop-hangs"); }},
    {.name = "core-ignores-stop", .sentence = "EbpfCore is busy: it runs on, whoever asks it to stop.",
     .faults = {{kStopRefused, "service:EbpfCore"}}, .when_installed = ignores_stop<kCore>},
    {.name = "core-stop-hangs", .sentence = "EbpfCore is busy: asked to stop, it stays stop-pending until its handles close.",
     .faults = {{kStopRefused, "service:EbpfCore"}}, .when_installed = stop_hangs<kCore>},
    {.name = "ext-ignores-stop", .sentence = "NetEbpfExt is busy: it runs on, whoever asks it to stop.",
     .faults = {{kStopRefused, "service:NetEbpfExt"}}, .when_installed = ignores_stop<kExtension>},
    {.name = "ext-stop-hangs", .sentence = "NetEbpfExt is busy: asked to stop, it stays stop-pending until its handles close.",
     .faults = {{kStopRefused, "service:NetEbpfExt"}}, .when_installed = stop_hangs<kExtension>},
    {.name = "core-held-open", .sentence = "Somebody has a handle on the service EbpfCore: a delete only marks it.",
     .faults = {{kMarked, "service:EbpfCore"}},
     .when_installed = [](VmHome& vm) { arm_service(vm, kCore, "held-open"); }},
    {.name = "core-marked", .sentence = "EbpfCore runs, and is marked for deletion.",
     .faults = {{kMarked, "service:EbpfCore"}}, .when_installed = mark_core},
    {.name = "driver-file-held", .sentence = "Somebody holds the file eBPFCore.sys open (32).",
     .faults = {{kDenied, R"(path:C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)"}},
     .at_creation = [](VmHome& vm) { arm(vm, "path:" + installed(R"(drivers\eBPFCore.sys)"), {"fails=32"}); },
     .when_installed = [](VmHome& vm) { arm(vm, "path:" + installed(R"(drivers\eBPFCore.sys)"), {"fails=32"}); }},
    {.name = "deletions-queued", .sentence = "An earlier uninstaller queued deletions of eBPFCore.sys and ebpfapi.dll for the next boot.",
     .at_creation = queue_deletions, .when_installed = queue_deletions},
    {.name = "dead-registrations", .sentence = "Both drivers are registered in C:\\Temp\\ebpf, which is gone.",
     .at_creation = [](VmHome& vm) { register_both(vm, R"(C:\Temp\ebpf\drivers)", false); }, .only_fresh = true},
    {.name = "registered-in-system32", .sentence = "Both drivers are registered in System32\\drivers, with files of another installer.",
     .at_creation = [](VmHome& vm) { register_both(vm, R"(C:\Windows\System32\drivers)", true); }, .only_fresh = true},
    {.name = "folder-of-users", .sentence = "Both drivers are registered in C:\\Temp\\ebpf, a left-over folder that users may write.",
     .at_creation = leave_folder_of_users, .only_fresh = true},
    {.name = "journal-readonly", .sentence = "A restore left the read-only attribute on the journal's file.",
     .when_installed = make_journal_readonly, .when_cleared = make_journal_writable},
    {.name = "disk-full", .sentence = "The disk has no byte left.",
     .faults = {{kNoRoom, "disk"}},
     .at_creation = [](VmHome& vm) { limit_disk(vm, 0); }, .when_installed = [](VmHome& vm) { limit_disk(vm, 0); }},
    {.name = "disk-nearly-full", .sentence = "The disk has room for half a payload.",
     .faults = {{kNoRoom, "disk"}},
     .at_creation = [](VmHome& vm) { limit_disk(vm, 70'000); }, .when_installed = [](VmHome& vm) { limit_disk(vm, 70'000); }},
    {.name = "path-near-limit", .sentence = "PATH is 17 characters short of its limit of 32,767.",
     .faults = {{kNoRoom, "path-variable"}}, .at_creation = fill_path},
    {.name = "policy", .sentence = "The policy value forbids every change of eBPF.",
     .faults = {{kRefusesChange, "machine"}}, .at_creation = set_policy, .when_installed = set_policy,
     .when_cleared = [](VmHome& vm) { erase_value(vm, kPolicyKey, kPolicyValue); }},
    {.name = "no-task-scheduler", .sentence = "The Task Scheduler answers no call (0x80040154).",
     .faults = {{kNotAnswering, "tasks"}}, .at_creation = lose_scheduler, .when_installed = lose_scheduler},
    {.name = "error-control-critical", .sentence = "Both drivers have the error control critical.",
     .when_installed = [](VmHome& vm) { set_error_control(vm, kCore, 3); set_error_control(vm, kExtension, 3); }},
    {.name = "images-quoted", .sentence = "A hardening script put quotes around the image paths of both drivers.",
     .when_installed = quote_images},
    {.name = "service-crashes", .sentence = "eBPFSvc ends two seconds after each start.",
     .faults = {{kStartFails, "service:eBPFSvc"}},
     .at_creation = [](VmHome& vm) { arm_service(vm, kEbpfService, "crashes-after=2"); },
     .when_installed = [](VmHome& vm) { arm_service(vm, kEbpfService, "crashes-after=2"); pass(vm, 5'000); }},
    {.name = "library-denied", .sentence = "An endpoint product denies every change of ebpfapi.dll (5).",
     .faults = {{kDenied, R"(path:C:\Program Files\ebpf-for-windows\ebpfapi.dll)"}},
     .at_creation = [](VmHome& vm) { arm(vm, "path:" + installed("ebpfapi.dll"), {"fails=5"}); },
     .when_installed = [](VmHome& vm) { arm(vm, "path:" + installed("ebpfapi.dll"), {"fails=5"}); }},
    {.name = "safe-mode", .sentence = "The machine starts in Safe Mode, each time: neither eBPF nor the proxy starts (1084).",
     .faults = {{kRefusesChange, "Safe Mode"}, {kStartFails, "service:EbpfCore"}, {kStartFails, "service:NetEbpfExt"},
                {kStartFails, "service:eBPFSvc"}, {kStartFails, "service:GuestProxyAgent"}},
     .at_creation = start_in_safe_mode, .when_installed = start_in_safe_mode,
     .when_cleared = start_in_normal_mode},
    {.name = "journal-lost-behind-disable", .sentence = "Somebody deletes the journal behind a disable.",
     .behind_disable = lose_journal},
    {.name = "deep-folders", .sentence = "HandlerEnvironment.json names log and status folders of two levels that are not there.",
     .deep_folders = true},
    {.name = "elsewhere-older", .sentence = "The platform has put eBPF 0.9.1 there, which runs.",
     .at_creation = elsewhere<kOlder>, .only_fresh = true},
    {.name = "elsewhere-same", .sentence = "The platform has put eBPF 1.0.0 there, which runs.",
     .at_creation = elsewhere<kSame>, .only_fresh = true},
    {.name = "elsewhere-newer", .sentence = "The platform has put eBPF 1.1.0 there, which runs.",
     .faults = {{kRefusesChange, "machine"}},
     .at_creation = elsewhere<kNewer>, .when_cleared = no_elsewhere<kNewer>, .only_fresh = true, .newer = kNewer},
    {.name = "elsewhere-newer-over-ours", .sentence = "The platform's own set-up has put eBPF 1.1.0 over ours.",
     .faults = {{kRefusesChange, "machine"}},
     .when_installed = elsewhere<kNewer>, .when_cleared = no_elsewhere<kNewer>, .newer = kNewer},
    {.name = "msi-older", .sentence = "An MSI product has put eBPF 0.9.1 there, which runs.",
     .faults = {{kRefusesChange, "machine"}},
     .at_creation = msi<kOlder>, .when_cleared = no_msi<kOlder>, .only_fresh = true},
    {.name = "msi-same", .sentence = "An MSI product has put eBPF 1.0.0 there, which runs.",
     .at_creation = msi<kSame>, .when_cleared = no_msi<kSame>, .only_fresh = true},
    {.name = "msi-newer", .sentence = "An MSI product has put eBPF 1.1.0 there, which runs.",
     .faults = {{kRefusesChange, "machine"}},
     .at_creation = msi<kNewer>, .when_cleared = no_msi<kNewer>, .only_fresh = true, .newer = kNewer},
    {.name = "msi-newer-over-ours", .sentence = "Somebody has installed an MSI product with eBPF 1.1.0 over ours.",
     .faults = {{kRefusesChange, "machine"}},
     .when_installed = msi<kNewer>, .when_cleared = no_msi<kNewer>, .newer = kNewer},
    {.name = "company-group", .sentence = "A company's group may write above Program Files.",
     .faults = {{kRefusesChange, "machine"}},
     .at_creation = [](VmHome& vm) { arm(vm, R"(path:C:\Program Files)", {"owner=users"}); },
     .when_installed = [](VmHome& vm) { arm(vm, R"(path:C:\Program Files)", {"owner=users"}); }},
  };
  // clang-format on
  return kWorlds;
}

}  // namespace

std::span<const World> worlds() { return table(); }

}  // namespace world
