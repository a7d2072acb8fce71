#pragma once

#include <optional>
#include <string>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "engine/product/inventory.h"
#include "engine/product/origin.h"
#include "engine/transaction/plan.h"

namespace engine::planning {

// What a plan does for the origin of what it finds (product/treatment.h).

// Throws the refusal of an install, update or enable (`doing`: "install eBPF 1.0.0") whose row says
// kRefuse: kMsiProduct where a product of Windows Installer claims the place, kDowngradeRefused
// over a newer version, kRebootNeeded where the removal of that waits for the next boot.
void check_treatment(const product::OriginFacts& facts, product::Treatment treatment,
                     const std::string& doing, const product::Inventory& inventory,
                     const product::InstallationState& installation);

// Says in a note whose the eBPF is that the plan of an install takes as it is.
void note_treatment(transaction::Plan& plan, const product::OriginFacts& facts,
                    product::Treatment treatment, const product::Inventory& inventory,
                    bool is_settled);

// Says in the rows of the plan's change whose they are: adopted or used, what was there before the
// plan; else as the rows of the same version say. With its first adoption the start types that were
// found are recorded.
void mark_origins(transaction::Plan& plan, machine::Machine& machine,
                  const product::InstallationState& installation,
                  const product::Inventory& inventory, const product::OriginFacts& facts,
                  product::Treatment treatment);

}  // namespace engine::planning
