#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/host_files.h"
#include "package/payload_manifest.h"

namespace package {

// A package that passed the check: every listed file is there with its size and hash, and no other.
struct CheckedPackage {
  PayloadManifest manifest;    // paths in the case that the disk has
  std::string identity;        // SHA-256 of payload.json's bytes
  std::string payload_folder;  // host path of bin/; a file is at payload_folder + '/' + its path

  // Find a file by path below bin/, or by file name; without case. Return nullptr if there is none.
  const PayloadFile* find(std::string_view path) const;
  const PayloadFile* find_name(std::string_view file_name) const;
  std::vector<const PayloadFile*> with_role(Role role) const;
  std::uint64_t total_bytes() const;
};

// Reads payload.json and all of bin/ under `package_root` (host path); changes nothing, and reads
// nothing of the machine. Constant memory. Files outside bin/, also HandlerManifest.json, are the
// VM Agent's business.
//
// Throws kPackageDamaged with the file's name: payload.json missing or refused by parse_manifest; a
// required part (parts.h) missing or in another role; a listed file missing, a link, or of another
// size or hash; a driver whose version resource is not the manifest's version, or that is for
// another processor than the manifest's; anything unlisted under bin/ (file, link, empty folder, a
// second name that differs in case only).
CheckedPackage check_package(machine::HostFiles& host, const std::string& package_root);

// A package's payload.json, unchecked. For decisions that need no payload.
struct ClaimedPackage {
  PayloadManifest manifest;
  std::string identity;
};
ClaimedPackage read_claim(machine::HostFiles& host, const std::string& package_root);

}  // namespace package
