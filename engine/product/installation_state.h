#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/services.h"
#include "actions/services/stop_service.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta.h"
#include "journal/records.h"
#include "json/json.h"
#include "package/version.h"

namespace engine::product {

// What the journal knows of the machine between commands: the settled version and what of it is
// ours.
struct InstallationState {
  std::string settled_version;  // payload version; "" for none
  std::string install_folder;   // "" for none
  std::vector<journal::Owned> owned;
  bool restart_due = false;  // a file of something that runs was replaced
  // Services that disable, or the open update, stopped; in that order. enable starts them again.
  std::vector<Stopped> disabled;
  // Start types that the open update found; by folded service name.
  std::map<std::string, machine::StartType> found_start_types;
  std::vector<std::string>
      dependencies_taken;  // that uninstall took out of GuestProxyAgent's registration
  // Extras that the open update put there, as they will be ours; and the eBPF store as it
  // found and left it, null where it wrote nothing to it.
  std::vector<journal::Owned> made;
  nlohmann::json store_found;
  nlohmann::json store_left;
  std::string store_entries;           // JSON: what of the eBPF store is ours; "" for nothing
  std::vector<std::string> tasks_off;  // tracing tasks that we could not enable again
  std::string preserved;               // JSON: an installation that is not ours; "" for none
  bool take_over = false;  // the journal was set aside: what is on the machine may be ours

  bool owns_service(std::string_view name) const;
  // The newest row of an extra that is ours; nullptr: none.
  const journal::Owned* extra(std::string_view kind, std::string_view name) const;
  bool stopped_by_us(std::string_view name) const;
};

// What a stop found of the service; nullopt: the record does not say, or is damaged.
std::optional<actions::services::StopService::Before> found_at_stop(const Stopped& stopped);

// `installation` as a change leaves what is ours.
InstallationState after(InstallationState installation, const InstallationChange& change);

InstallationState installation_state_of(const journal::Records& records);

}  // namespace engine::product
