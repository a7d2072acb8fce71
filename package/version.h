#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "actions/machine/pe_version.h"

namespace package {

// A version of eBPF for Windows, as its releases are named: "0.9.1", "1.0.0-rc1".
//
// Ordered as by semver.org 2.0.0, clause 11: by numbers; a version with a tag comes before the same
// version without; tags part by part between dots, numbers by value and before words, words as
// ASCII text (so "rc10" comes before "rc2"; "rc.10" comes after "rc.2").
struct Version {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;
  std::string tag;  // without the '-'; empty for a release

  bool operator==(const Version&) const = default;
};
std::strong_ordering operator<=>(const Version& a, const Version& b);

std::string to_text(const Version& version);

// Returns nullopt for all but X.Y.Z[-tag]: three numbers up to 65535 without leading zeros (a
// version resource has no room for more), the tag of letters, digits, '-' and '.', no empty part,
// at most 64 bytes.
std::optional<Version> parse_version(std::string_view text);

// The numbers of an image's version resource with the tag of its ProductVersion string. Returns
// nullopt if that string is there and has other numbers, or is no version.
std::optional<Version> version_of(const machine::PeVersion& image);

// A version of the VM extension, always four numbers: its payload's three, then its own count.
struct HandlerVersion {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;
  std::uint16_t patch = 0;
  std::uint16_t build = 0;

  auto operator<=>(const HandlerVersion&) const = default;
};

std::string to_text(const HandlerVersion& version);

// Returns nullopt for all but X.Y.Z.P, each number as in parse_version.
std::optional<HandlerVersion> parse_handler_version(std::string_view text);

// The version of the payload that a handler brings: its first three numbers, without a tag.
Version payload_of(const HandlerVersion& handler);
// Returns true if a payload of this version is that handler's; its tag says nothing of that.
bool is_payload_of(const Version& payload, const HandlerVersion& handler);

// The version in the name of a package's folder, as the VM Agents of Windows and Linux name it:
// "…\0.10.0.1", "…/Name-0.10.0.1"; nullopt for another name.
std::optional<HandlerVersion> version_of_folder(std::string_view folder);

}  // namespace package
