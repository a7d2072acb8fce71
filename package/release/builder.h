#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "actions/machine/host_files.h"
#include "package/package_check.h"
#include "package/version.h"

namespace package::release {

// All paths are host paths.
struct BuildRequest {
  std::string payload;  // a redist package unpacked, or its payload root itself
  std::string handler;  // the program; becomes ebpf-handler.exe
  HandlerVersion version;
  std::string out;     // folder, made where missing
  bool force = false;  // replace a ZIP of the same name and other content
};

struct BuiltPackage {
  std::string zip;  // host path
  std::uint64_t size = 0;
  std::string sha256;
  std::size_t entries = 0;  // files in the ZIP
  PayloadManifest manifest;
  std::string handler;  // as in ShippedPackage
};

struct ShippedPackage {
  CheckedPackage checked;
  // What the handler is, a phrase for people: only "Windows x64" or "Windows arm64" can be shipped.
  std::string handler;
};

// The payload root of a redist package: package/bin (to 0.20), lib/native/bin (from 0.21), or the
// folder itself where it has drivers/. Throws kPackageDamaged where none of them, or more than one,
// is there.
std::string find_payload_root(machine::HostFiles& host, const std::string& folder);

// Lists a payload root: sizes, hashes, roles, versions. Throws kPackageDamaged: a file of unknown
// role, a link, an empty folder, drivers missing, without a version resource, of two versions or
// for two machines.
PayloadManifest list_payload(machine::HostFiles& host, const std::string& payload_root);

// Makes Microsoft.EbpfForWindows.EbpfForWindows.X.Y.Z.P.zip. Equal input gives equal bytes: entries
// are sorted and carry a fixed time. The ZIP is written beside its place, opened again, extracted
// and checked as the handler will check it, and only then renamed. Throws kPackageDamaged for a
// payload that makes no package, also where the request's X.Y.Z is not the drivers'; kUsage where
// another ZIP is in the way and `force` is not set.
BuiltPackage build_package(machine::HostFiles& host, const BuildRequest& request);

// Checks a ZIP or an extracted package: HandlerManifest.json, the handler, and check_package.
ShippedPackage check_shipped(machine::HostFiles& host, const std::string& zip_or_folder);

}  // namespace package::release
