#include "actions/registry/netsh_helpers.h"

#include "actions/machine/paths.h"

namespace actions::registry {

std::vector<NetshHelper> netsh_helpers_like(machine::Machine& machine, std::string_view dll) {
  std::vector<NetshHelper> found;
  const auto keys = machine.registry().subtree(kNetshKey);
  if (keys.empty()) return found;
  for (const auto& [name, value] : keys.front().values) {
    const bool is_like = is_text(value) && machine::equal_paths(machine::file_name(value.data),
                                                                machine::file_name(dll));
    if (is_like) found.push_back({name, value});
  }
  return found;
}

bool is_helper(const NetshHelper& helper, std::string_view dll) {
  return machine::equal_paths(helper.value.data, dll) ||
         machine::equal_paths(helper.value.data, machine::file_name(dll));
}

}  // namespace actions::registry
