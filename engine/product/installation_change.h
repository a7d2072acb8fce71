#pragma once

#include <string>
#include <utility>
#include <vector>

#include "journal/records.h"

namespace engine::product {

// What a commit changes in what the journal knows of the installation.
struct InstallationChange {
  bool forget_all_owned = false;
  std::vector<journal::Owned> put_owned;
  std::vector<std::pair<std::string, std::string>> put_meta;
  std::vector<std::string> forget_meta;
};

// What the journal knows after an uninstall. `dependencies`: what GuestProxyAgent's registration
// depended on before; empty where it was not changed.
InstallationChange removal_change(const std::vector<std::string>& dependencies);

}  // namespace engine::product
