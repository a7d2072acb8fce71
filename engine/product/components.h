#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "actions/machine/services.h"

namespace engine::product {

// A driver or service of eBPF for Windows: a row of the table of services in the product's
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

// The components in the order in which they start: EbpfCore, NetEbpfExt, eBPFSvc. They stop in
// reverse order, after their dependents.
std::span<const Component> components();
// Returns nullptr if the service is no component of ours.
const Component* component_of_service(std::string_view service);

// The service that depends on the data path. It is not ours: we only stop, start and inspect it.
inline constexpr std::string_view kGuestProxyAgent = "GuestProxyAgent";
// GuestProxyAgent loads it from the install folder.
inline constexpr std::string_view kApiLibrary = "ebpfapi.dll";
// netsh loads it at each start, once it is registered there.
inline constexpr std::string_view kNetshHelperFile = "ebpfnetsh.dll";

// The configuration of a new registration. `image` is an absolute Windows path.
machine::ServiceConfig new_registration(const Component& component, const std::string& image);

}  // namespace engine::product
