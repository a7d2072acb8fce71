#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace world {

// A component of eBPF for Windows, as its documentation lists them.
struct ComponentOf {
  std::string_view service;
  std::string_view file;  // below the install folder, folded
};

// A release's files as the build made them (EBPF_TEST_PAYLOADS), read without the package's code.
struct Payload {
  std::string version;
  std::map<std::string, std::string> files;  // folded path below the install folder -> SHA-256

  std::vector<ComponentOf> components() const;  // those that it has, in start order
  std::string sha_of(std::string_view file) const;
};

// The releases whose updates are lived, the lowest first.
inline constexpr std::array kVersions{"0.9.1", "0.10.0", "0.21.0", "1.0.0", "1.1.0"};
bool is_lower(const std::string& version, const std::string& than);

// Of a payload of the build; read once.
const Payload& payload(const std::string& version);
// The version of the payload that has an image with these bytes as this component; "" for none.
std::string version_of(std::string_view service, const std::string& sha);

}  // namespace world
