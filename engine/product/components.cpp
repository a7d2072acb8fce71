#include "engine/product/components.h"

#include <array>

#include "actions/machine/paths.h"

namespace engine::product {
namespace {

using machine::ServiceType;
using machine::SidType;

const auto& table() {
  // clang-format off
  static const auto kTable = std::to_array<Component>({
    {"EbpfCore",   "drivers/ebpfcore.sys",   0, ServiceType::kKernelDriver, "EbpfCore",     "",                            SidType::kNone,       ""},
    {"NetEbpfExt", "drivers/netebpfext.sys", 0, ServiceType::kKernelDriver, "NetEbpfExt",   "",                            SidType::kNone,       ""},
    {"eBPFSvc",    "ebpfsvc.exe",            1, ServiceType::kOwnProcess, "eBPF Service", "NT AUTHORITY\\LocalService", SidType::kRestricted, "EbpfCore"},
  });
  // clang-format on
  return kTable;
}

}  // namespace

std::span<const Component> components() { return table(); }

const Component* component_of_service(std::string_view service) {
  for (const Component& component : table()) {
    if (machine::equal_names(component.service, service)) return &component;
  }
  return nullptr;
}

machine::ServiceConfig new_registration(const Component& component, const std::string& image) {
  machine::ServiceConfig config;
  config.type = component.type;
  config.start = machine::StartType::kDemand;
  config.image = image;
  config.display = component.display;
  config.account = component.account;
  config.sid_type = component.sid_type;
  if (!component.depends_on.empty()) config.depends_on.emplace_back(component.depends_on);
  return config;
}

}  // namespace engine::product
