#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/vm_home.h"

namespace world {

using machine::simulated::VmHome;

// What a world is built of: changes of a simulated VM that somebody else makes, not the handler.
// What cannot be changed, since it is not there or so already, is left as it is.

inline constexpr const char* kCore = "EbpfCore";
inline constexpr const char* kExtension = "NetEbpfExt";
inline constexpr const char* kEbpfService = "eBPFSvc";
inline constexpr const char* kProxy = "GuestProxyAgent";
inline constexpr const char* kNeighbour = "AcmeFlow";
inline constexpr const char* kInstallFolder = R"(C:\Program Files\ebpf-for-windows)";
inline constexpr const char* kStateFolder = R"(C:\ProgramData\EbpfForWindows)";
inline constexpr const char* kEnvironmentKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
// There while the machine runs in Safe Mode.
inline constexpr const char* kSafeBootKey =
    R"(HKLM\SYSTEM\CurrentControlSet\Control\SafeBoot\Option)";
inline constexpr const char* kPolicyKey = R"(HKLM\Software\eBPF)";
inline constexpr const char* kPolicyValue = "EbpfDisableRuntimeUpdate";

// As `simvm set`: "service:X", {"start-fails=1067"}.
void arm(VmHome& vm, const std::string& object, const std::vector<std::string>& settings);
// Takes back every armed behaviour; hangs end.
void clear_all(VmHome& vm);
// Lets virtual time pass.
void pass(VmHome& vm, std::int64_t milliseconds);
// Makes the change durable: others made it long before the handler is called. What was not durable
// before stays so.
void durably(VmHome& vm, void (*change)(VmHome& vm));
// Restarts the machine. Tasks do not run: the caller runs them.
void boot(VmHome& vm);

// Runs eBPF's startup task, as its registration and each boot do: if it is enabled and its script
// is there, that makes the trace session ebpf_diag, and starts it.
void run_startup_task(VmHome& vm);

bool has_service(VmHome& vm, std::string_view name);
// Starts the service, or stops it, and waits until it has.
void start(VmHome& vm, std::string_view name);
void stop(VmHome& vm, std::string_view name);
// DeleteService: a running one is only marked.
void remove_service(VmHome& vm, std::string_view name);
// An automatic service of another vendor that depends on NetEbpfExt. It is started if that runs.
void put_neighbour(VmHome& vm);
// Registers a driver by this image path. No file is made.
void register_driver(VmHome& vm, const std::string& name, const std::string& image,
                     machine::StartType start);
void change_image(VmHome& vm, std::string_view name, const std::string& image);
std::string image_of(VmHome& vm, std::string_view name);
std::vector<std::string> dependencies_of(VmHome& vm, std::string_view name);
void set_error_control(VmHome& vm, std::string_view name, std::uint32_t error_control);

// Makes the file with its folders.
void put_file(VmHome& vm, const std::string& path, const std::string& content);
void remove_file(VmHome& vm, const std::string& path);
bool has_file(VmHome& vm, const std::string& path);
// Queues a deletion for the next boot.
void delete_at_boot(VmHome& vm, const std::string& path);

void set_value(VmHome& vm, const std::string& key, const std::string& name,
               machine::RegistryType type, const std::string& data);
std::string value(VmHome& vm, const std::string& key, const std::string& name);
void erase_value(VmHome& vm, const std::string& key, const std::string& name);
// As many bytes as there are now, and so many more, is all that the disk holds.
void limit_disk(VmHome& vm, std::uint64_t free_bytes);

}  // namespace world
