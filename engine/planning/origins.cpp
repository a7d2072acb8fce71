#include "engine/planning/origins.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "actions/best_effort.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/product/extras.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::planning {
namespace {

using errors::ExitCode;
using errors::Failure;
using journal::Owned;
using product::Origin;
using product::Treatment;
using Whose = std::optional<std::string>;  // of journal::Owned

// Returns true if the object of the row was there before the plan. An extra that cannot be read
// counts as there: a needless row only makes uninstall leave it.
bool was_there(machine::Machine& machine, const product::Inventory& inventory, const Owned& row) {
  if (row.kind == "service") return inventory.of(row.name).config.has_value();
  if (row.kind == "folder") return machine.files().stat(row.name).has_value();
  const product::Extra* const extra = product::extra_of(row);
  if (extra == nullptr) return true;  // a file: one that is restored with the same bytes stays, too
  const product::ExtraAt at{extra, row.name, ""};
  return actions::if_readable([&] { return product::is_there(machine, at); }).value_or(true);
}

// A task that is found counts as the version's: no enable registers it anew.
void adopt(Owned& row, machine::Machine& machine, const product::Inventory& inventory,
           const std::string& whose, const std::string& version) {
  if (!was_there(machine, inventory, row)) return;
  row.origin = whose;
  const product::Extra* const extra = product::extra_of(row);
  if (extra != nullptr && extra->kind == product::ExtraKind::kTask) row.version = version;
}

Whose earlier(const product::InstallationState& installation, const Owned& row) {
  const auto found =
      std::find_if(installation.owned.begin(), installation.owned.end(), [&](const Owned& owned) {
        return owned.kind == row.kind && machine::equal_paths(owned.name, row.name);
      });
  return found == installation.owned.end() ? std::nullopt : found->origin;
}

template <typename Mark>
void each_row(product::InstallationChange& change, const Mark& mark) {
  for (Owned& row : change.put_owned)
    mark(row);
  for (product::MadeRow& made : change.made) {
    mark(made.row);
    if (made.if_failed) mark(*made.if_failed);
  }
}

[[noreturn]] void refuse_product(const product::MsiProduct& product, const std::string& doing) {
  throw Failure(ExitCode::kMsiProduct, product.name,
                doing + ": eBPF on this VM belongs to " + product::describe(product) +
                    ", whose repair would put its own files back")
      .advise("Remove that product (msiexec /x " + product.code + "),");
}

}  // namespace

void check_treatment(const product::OriginFacts& facts, Treatment treatment,
                     const std::string& doing, const product::Inventory& inventory,
                     const product::InstallationState& installation) {
  if (treatment != Treatment::kRefuse) return;
  if (facts.product) refuse_product(*facts.product, doing);
  if (installation.removal_waits) {
    throw Failure(
        ExitCode::kRebootNeeded, inventory.install_folder,
        doing + ": the removal of " + product::describe(inventory) + " waits for the next boot")
        .advise("Restart the VM, then deploy the extension again.");
  }
  const bool elsewhere = facts.found.origin == Origin::kUnknown;
  throw Failure(ExitCode::kDowngradeRefused, inventory.install_folder,
                doing + " over a newer version" +
                    (elsewhere ? " that another installer put there (" : " (") +
                    product::describe(inventory) + ")");
}

void note_treatment(transaction::Plan& plan, const product::OriginFacts& facts, Treatment treatment,
                    const product::Inventory& inventory, bool is_settled) {
  const std::string found = product::describe(inventory);
  if (treatment == Treatment::kAdopt) {
    plan.notes.push_back("Adopting what was there (" + found +
                         "): it stays when the extension goes.");
  } else if (treatment == Treatment::kUse) {
    plan.notes.push_back("Using eBPF of " + product::describe(*facts.product) +
                         ": it stays when the extension goes.");
  } else if (treatment == Treatment::kConverge && !is_settled) {
    plan.notes.push_back("Taking over what was there: " + found + ".");
  }
}

void mark_origins(transaction::Plan& plan, machine::Machine& machine,
                  const product::InstallationState& installation,
                  const product::Inventory& inventory, const product::OriginFacts& facts,
                  Treatment treatment) {
  if (!plan.change) return;
  product::InstallationChange& change = *plan.change;
  const bool uses = treatment == Treatment::kUse;
  const std::string whose = uses ? journal::kOfMsi : journal::kAdopted;
  const bool is_first =
      uses ? !product::has_origin(installation, whose) : treatment == Treatment::kAdopt;
  if (is_first) {
    each_row(change, [&](Owned& row) { adopt(row, machine, inventory, whose, plan.to_version); });
    if (installation.found_start_types_text.empty())
      change.put_meta.emplace_back(product::meta::kFoundStartTypes,
                                   product::start_types_text(inventory));
    return;
  }
  const bool of_others =
      facts.found.origin == Origin::kAdopted || facts.found.origin == Origin::kMsi;
  if (of_others && inventory.anything_registered() &&
      installation.settled_version == plan.to_version) {
    each_row(change, [&](Owned& row) { row.origin = earlier(installation, row); });
  } else if (!installation.found_start_types_text.empty()) {
    change.forget_meta.emplace_back(product::meta::kFoundStartTypes);
  }
}

}  // namespace engine::planning
