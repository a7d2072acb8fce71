#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace machine {

// The version resource of a Windows image (VS_VERSIONINFO). The numbers come from
// VS_FIXEDFILEINFO's product version; `product` is the string ProductVersion, which carries the
// pre-release tag ("1.0.0-rc1"). FileVersion's string is a commit id there and is not used.
struct PeVersion {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;
  std::uint16_t build = 0;
  std::string product;  // UTF-8; empty if the string is missing

  bool operator==(const PeVersion&) const = default;
};

// Reads bytes [offset, offset + size) of an image; returns fewer at its end.
using ReadAt = std::function<std::string(std::uint64_t offset, std::size_t size)>;

// Returns nullopt if it is no PE image, has no version resource, or is damaged in any way. Never
// reads outside the bounds of the headers, never allocates more than 1 MiB, never throws on hostile
// bytes. Reads only the headers and the resource section. Facts: Microsoft's "PE Format" page
// (sections 2-4, .rsrc) and the VS_VERSIONINFO page.
std::optional<PeVersion> read_pe_version(const ReadAt& read_at);

// Reads a file of the host's file system. Returns nullopt also if it cannot be read.
std::optional<PeVersion> read_pe_version_of_file(const std::string& host_path);

// IMAGE_FILE_HEADER's Machine field: 0x8664 for x64, 0xaa64 for arm64; nullopt if it is no PE
// image.
std::optional<std::uint16_t> read_pe_machine(const ReadAt& read_at);
std::optional<std::uint16_t> read_pe_machine_of_file(const std::string& host_path);

}  // namespace machine
