#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/services.h"

namespace engine::product {

// One part of eBPF for Windows that runs: a row of the table of services in the product's
// documentation.
struct Component {
  std::string_view service;   // name in the Service Control Manager
  std::string_view file;      // its image in a payload, '/' separated, compared without case
  std::uint16_t since_major;  // first major payload version that has it
  machine::ServiceType type;
  std::string_view display;
  std::string_view account;
  machine::SidType sid_type;
  std::string_view depends_on;  // one service, or ""
};

// In the order in which they start: EbpfCore, NetEbpfExt, eBPFSvc. Stopping goes the other way,
// after their dependents.
std::span<const Component> components();
// nullptr: no component of ours.
const Component* component_of_service(std::string_view service);

// The service that depends on the data path. Not ours: only stopped, started and looked at.
inline constexpr std::string_view kGuestProxyAgent = "GuestProxyAgent";
// Loaded by GuestProxyAgent from the install folder.
inline constexpr std::string_view kApiLibrary = "ebpfapi.dll";
// Loaded by netsh at each start, once it is registered there.
inline constexpr std::string_view kNetshHelperFile = "ebpfnetsh.dll";

// What registering the component anew asks for. `image` is an absolute Windows path.
machine::ServiceConfig new_registration(const Component& component, const std::string& image);

}  // namespace engine::product
