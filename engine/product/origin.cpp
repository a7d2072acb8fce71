#include "engine/product/origin.h"

#include <algorithm>
#include <array>
#include <vector>

#include "actions/best_effort.h"
#include "engine/product/predecessor.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::product {
namespace {

using machine::StartType;

FoundVersion relation_of(const MsiProduct& product, const package::Version& wanted) {
  if (!product.version) return FoundVersion::kNothing;
  if (*product.version == wanted) return FoundVersion::kSame;
  return *product.version < wanted ? FoundVersion::kOlder : FoundVersion::kNewer;
}

// Returns the product of that version, else any; nullopt if there is none.
std::optional<MsiProduct> product_like(const std::vector<MsiProduct>& products,
                                       const std::optional<package::Version>& version) {
  if (products.empty()) return std::nullopt;
  const auto same = std::ranges::find(products, version, &MsiProduct::version);
  return same == products.end() ? products.front() : *same;
}

// Only an install or update fails where the registry does not answer: they would go on over a
// product's files.
std::vector<MsiProduct> products_for(machine::Machine& machine, Intent intent) {
  if (intent == Intent::kBring) return msi_products(machine);
  return actions::if_readable([&] { return msi_products(machine); })
      .value_or(std::vector<MsiProduct>());
}

// Of what is settled. A newer and complete eBPF in its place is somebody else's, and a product of
// the settled version was installed over ours.
OriginFacts settled_facts(machine::Machine& machine, const InstallationState& installation,
                          const Inventory& inventory, Intent intent) {
  OriginFacts facts;
  const bool uses_msi = has_origin(installation, journal::kOfMsi);
  const bool is_newer =
      newer_in_place(inventory, installation.settled_version) && is_complete(machine, inventory);
  facts.found.origin =
      has_origin(installation, journal::kAdopted) ? Origin::kAdopted : Origin::kOurs;
  if (is_newer) facts.found.origin = Origin::kUnknown;
  // An enable that finds its own asks nobody: it is called at each boot.
  if (!uses_msi && !is_newer && intent == Intent::kRun) return facts;
  const auto version =
      is_newer ? version_in_place(inventory) : package::parse_version(installation.settled_version);
  const auto product = product_like(products_for(machine, intent), version);
  if (!product || (product->version != version && !uses_msi)) return facts;
  facts.found.origin = Origin::kMsi;
  facts.product = product;
  return facts;
}

// A registration whose image is gone, or is no component of eBPF, is a left-over, and nobody's
// eBPF.
bool has_an_image(const FoundComponent& found) { return found.config && found.version; }

// Whether a newer and complete eBPF lies where one is to run: also where a journal was lost, that
// journal never had it.
bool is_newer_of_others(machine::Machine& machine, const Inventory& inventory,
                        const std::optional<package::Version>& wanted, Intent intent) {
  return intent == Intent::kRun && wanted && is_complete(machine, inventory) &&
         newer_in_place(inventory, package::to_text(*wanted));
}

OriginFacts unsettled_facts(machine::Machine& machine, const InstallationState& installation,
                            const Inventory& inventory,
                            const std::optional<package::Version>& wanted, Intent intent) {
  OriginFacts facts;
  facts.product = product_like(products_for(machine, intent), wanted);
  if (facts.product) {
    facts.found.origin = Origin::kMsi;
  } else if (std::ranges::none_of(inventory.components, has_an_image)) {
    facts.found.origin = Origin::kNothing;
  } else if (installation.take_over && !is_newer_of_others(machine, inventory, wanted, intent)) {
    // What a lost journal had adopted is found once more.
    facts.found.origin =
        installation.found_start_types_text.empty() ? Origin::kOurs : Origin::kUnknown;
  } else if (!installation.take_over && !rows_of_ours(installation, inventory).empty()) {
    facts.found.origin = Origin::kPreserved;
  } else {
    facts.found.origin = Origin::kUnknown;
  }
  return facts;
}

// Older files in what that version settled are damage to repair, not another version to replace.
FoundVersion relation_in_place(const InstallationState& installation, const Inventory& inventory,
                               const package::Version& wanted) {
  const FoundVersion found = found_version(inventory, wanted);
  const bool is_damage = found == FoundVersion::kOlder && inventory.one_folder &&
                         installation.settled_version == package::to_text(wanted);
  return is_damage ? FoundVersion::kSame : found;
}

}  // namespace

bool has_origin(const InstallationState& installation, std::string_view origin) {
  return std::ranges::any_of(installation.owned, [&](const journal::Owned& row) {
    return row.origin == origin && (row.kind == "file" || row.kind == "service");
  });
}

namespace {

// All but whether it is complete.
OriginFacts claimed_facts(machine::Machine& machine, const InstallationState& installation,
                          const Inventory& inventory, const std::optional<package::Version>& wanted,
                          Intent intent) {
  const bool settled = !installation.settled_version.empty();
  OriginFacts facts = settled ? settled_facts(machine, installation, inventory, intent)
                              : unsettled_facts(machine, installation, inventory, wanted, intent);
  facts.found.relation =
      wanted ? relation_in_place(installation, inventory, *wanted) : FoundVersion::kSame;
  if (!wanted || intent == Intent::kStop || intent == Intent::kRemove) return facts;
  const bool brings = intent == Intent::kBring;
  if (brings && !facts.product) facts.product = product_like(products_for(machine, intent), wanted);
  if (!facts.product) return facts;
  const FoundVersion claim = relation_of(*facts.product, *wanted);
  if (brings || !settled) facts.found.origin = Origin::kMsi;
  if (facts.found.origin != Origin::kMsi) return facts;
  const bool nothing_there = facts.found.relation == FoundVersion::kNothing ||
                             facts.found.relation == FoundVersion::kResidue;
  if (claim != FoundVersion::kSame || nothing_there) {
    facts.found.relation = claim;
  } else if (facts.found.relation != FoundVersion::kSame) {
    facts.found.origin = Origin::kUnknown;  // somebody has replaced what the product put there
    facts.product.reset();
  }
  return facts;
}

}  // namespace

OriginFacts origin_facts(machine::Machine& machine, const InstallationState& installation,
                         const Inventory& inventory, const std::optional<package::Version>& wanted,
                         Intent intent) {
  OriginFacts facts = claimed_facts(machine, installation, inventory, wanted, intent);
  // An enable at a boot, which finds its own version, does not look for it.
  facts.found.complete =
      facts.found.relation == FoundVersion::kNewer && is_complete(machine, inventory);
  return facts;
}

namespace {

constexpr std::array kStartTypes{StartType::kBoot, StartType::kSystem, StartType::kAutomatic,
                                 StartType::kDemand, StartType::kDisabled};

}  // namespace

std::string start_types_text(const Inventory& inventory) {
  nlohmann::json types = nlohmann::json::object();
  for (const FoundComponent& found : inventory.components) {
    if (found.config)
      types[std::string(found.component->service)] = machine::to_text(found.config->start);
  }
  return types.dump();
}

std::map<std::string, StartType> start_types_from(const std::string& text) {
  std::map<std::string, StartType> types;
  const nlohmann::json read = bounded::json(text);
  if (!read.is_object()) return types;
  for (const auto& [service, word] : read.items()) {
    for (const StartType type : kStartTypes) {
      if (word == machine::to_text(type)) types.emplace(service, type);
    }
  }
  return types;
}

}  // namespace engine::product
