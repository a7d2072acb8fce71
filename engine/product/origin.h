#pragma once

#include <map>
#include <optional>
#include <string>

#include "actions/machine/machine.h"
#include "actions/machine/services.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/product/msi_products.h"
#include "engine/product/treatment.h"
#include "package/version.h"

namespace engine::product {

// The facts of the treatment table, as journal, machine and Windows Installer tell them.
struct OriginFacts {
  FoundEbpf found;
  std::optional<MsiProduct> product;  // with Origin::kMsi: which one
};

// `wanted`: the version that the command brings, or wants running; nullopt: none that can be read,
// and everything is of the same version. An install or update also asks for products that claim the
// place with another version, whatever lies in it.
OriginFacts origin_facts(machine::Machine& machine, const InstallationState& installation,
                         const Inventory& inventory, const std::optional<package::Version>& wanted,
                         Intent intent);

// Returns true if a row of the installation's files or services is of this origin (journal::Owned).
bool has_origin(const InstallationState& installation, std::string_view origin);

// The start types that an adopted installation was found with, as meta::kFoundStartTypes holds
// them: JSON, by service name. Reading leaves out what it does not know.
std::string start_types_text(const Inventory& inventory);
std::map<std::string, machine::StartType> start_types_from(const std::string& text);

}  // namespace engine::product
