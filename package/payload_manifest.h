#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "package/version.h"

namespace package {

// The purpose of a file of the payload; it decides what the handler does beside placing the file.
enum class Role { kDriver, kService, kLibrary, kTool, kNetshHelper, kTask, kScript, kSymbols };

std::string_view to_text(Role role);  // "driver", "netsh-helper"
std::optional<Role> role_from_text(std::string_view text);

struct PayloadFile {
  std::string path;        // below bin/, '/' separated: "drivers/eBPFCore.sys"
  std::uint64_t size = 0;  // bytes
  std::string sha256;      // lower-case hex
  Role role = Role::kTool;
  std::optional<Version> version;  // of its version resource; nullopt if it has none

  bool operator==(const PayloadFile&) const = default;
};

// payload.json: every file under bin/ of a package, and the systems on which it may be installed.
struct PayloadManifest {
  int schema = 1;
  Version version;       // of the payload: that of both drivers
  int min_os_build = 0;  // the oldest Windows build: 17763 is Windows Server 2019
  std::string machine;   // "x64", "arm64"
  // Of the package: HandlerManifest.json has no place for it. nullopt: a payload without a handler.
  std::optional<HandlerVersion> handler;
  std::vector<PayloadFile> files;

  bool operator==(const PayloadManifest&) const = default;
};

inline constexpr int kManifestSchema = 1;
// Room for kMaxPayloadFiles with long paths.
inline constexpr std::uint64_t kMaxManifestBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kMaxPayloadFiles = 10'000;
// The bound of one file or folder name: staged and retained files are named after it, with a number
// in front, and NTFS holds 255.
inline constexpr std::size_t kMaxNameBytes = 128;
inline constexpr std::uint64_t kMaxFileBytes = std::uint64_t{4} * 1024 * 1024 * 1024;

// Throws kPackageDamaged, naming the first defect: text over kMaxManifestBytes, a byte order mark,
// invalid UTF-8, another schema, a missing or ill-typed field, no files or too many, a path that is
// unsafe on Windows (machine::why_unsafe_relative), '\' in a path, a byte that is not ASCII
// (compared without case it may be another file's name), a name over kMaxNameBytes, a name that may
// be another file's short alias ("EBPFCO~1.SYS"), two paths that differ in case only, a path that
// is also a folder of another, a hash that is not 64 lower-case hex digits, a size over
// kMaxFileBytes. Unknown keys are ignored: a later schema 1 may carry more.
PayloadManifest parse_manifest(std::string_view json);

// Returns the version of the handler in a text of payload.json; nullopt if there is none, or the
// text cannot be read. Checks nothing else.
std::optional<HandlerVersion> handler_version_in(std::string_view json);

// The text of payload.json: two-space indent, LF, files by path. parse_manifest reads it back.
std::string to_json(const PayloadManifest& manifest);

}  // namespace package
