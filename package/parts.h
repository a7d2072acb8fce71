#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "package/payload_manifest.h"

namespace package {

// The parts of eBPF for Windows that the handler must know by place, as paths below bin/. Releases
// differ in case: compare without.
inline constexpr std::string_view kCoreDriver = "drivers/eBPFCore.sys";
inline constexpr std::string_view kNetworkDriver = "drivers/NetEbpfExt.sys";
inline constexpr std::string_view kApiLibrary = "ebpfapi.dll";
inline constexpr std::string_view kServiceProgram = "ebpfsvc.exe";  // from 1.0

struct Part {
  std::string_view path;
  Role role;
  int since_major;  // the first major version that must have it
};

// The parts that every payload must have.
std::span<const Part> required_parts();

// The role of a file by its name, without case: ebpfsvc.exe is the service, ebpfnetsh.dll the netsh
// helper; otherwise by extension: sys, dll, exe, xml (task), cmd and ps1 (script), pdb (symbols).
// nullopt for any other file.
std::optional<Role> role_of(std::string_view path);

// The processor that a Windows image on the host is for: "x64", "arm64". nullopt for any other
// processor, and for a file that is no such image.
std::optional<std::string_view> processor_of(const std::string& host_path);

// The oldest Windows build that a version runs on, from the releases' own README: 17763 (Windows
// Server 2019) up to 0.20, 20348 (Windows Server 2022) from 0.21.
int min_os_build_of(const Version& version);

// Says what is wrong with a part of a payload, "drivers/eBPFCore.sys" and "is missing", by a
// Failure that it throws.
using RefusePart = std::function<void(const std::string& part, const std::string& defect)>;

// The processor of an image on the host; any other than those of processor_of is refused.
std::string supported_processor(const std::string& host_path, const std::string& part,
                                const RefusePart& refuse);
// Takes version and processor of a payload in the folder `root` from its drivers, all of which must
// say the same; its files are listed, with their versions. Returns false if it has no driver.
bool take_from_drivers(const std::string& root, PayloadManifest& manifest,
                       const RefusePart& refuse);
// Refuses a payload that lacks a part which its version must have.
void require_parts(const PayloadManifest& manifest, const RefusePart& refuse);

}  // namespace package
