#include "engine/product/policy.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/registry.h"

namespace engine::product {
namespace {

std::vector<std::string> trusted_writers(machine::Machine& machine) {
  std::vector<std::string> accounts;
  const auto value = machine.registry().get(kPolicyKey, kTrustedWritersValue);
  if (!value) return accounts;
  constexpr const char* kBetween = ";\n";
  constexpr const char* kBlanks = " \t";
  for (std::size_t begin = 0; begin <= value->data.size();) {
    const std::size_t end =
        std::min(value->data.find_first_of(kBetween, begin), value->data.size());
    const std::string name = value->data.substr(begin, end - begin);
    const std::size_t first = name.find_first_not_of(kBlanks);
    if (first != std::string::npos)
      accounts.push_back(name.substr(first, name.find_last_not_of(kBlanks) + 1 - first));
    begin = end + 1;
  }
  return accounts;
}

}  // namespace

std::optional<std::string> other_writer(machine::Machine& machine, const std::string& folder) {
  auto writer = machine.files().other_writer(folder, {});
  if (!writer) return writer;
  const std::vector<std::string> trusted = trusted_writers(machine);
  return trusted.empty() ? writer : machine.files().other_writer(folder, trusted);
}

}  // namespace engine::product
