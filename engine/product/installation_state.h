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

// Returns true if a row is of this service; without case.
bool has_service(const std::vector<journal::Owned>& rows, std::string_view name);

// The journal's installation state between commands: the settled version and what of it is ours.
struct InstallationState {
  std::string settled_version;  // payload version; "" for none
  std::string install_folder;   // "" for none
  std::vector<journal::Owned> owned;
  bool restart_due = false;  // a file of a running driver or service was replaced
  // Services that disable, or the open update, stopped, in that order. enable starts them again.
  std::vector<Stopped> disabled;
  // Services that nobody could start again (meta::kNotStarted). enable and recover try it.
  std::vector<Stopped> not_started;
  // The boot in which GuestProxyAgent's owner had stopped it before our drivers were; "" for none.
  std::string proxy_stopped_in;
  // Start types that the open update found; by folded service name.
  std::map<std::string, machine::StartType> found_start_types;
  // Dependencies that enable gives back to GuestProxyAgent's registration.
  std::vector<std::string> dependencies_taken;
  // Extras that the open update made, as rows that become ours when it settles; and the eBPF store
  // as the update found and left it, null if it wrote nothing to the store.
  std::vector<journal::Owned> made;
  nlohmann::json store_found;
  nlohmann::json store_left;
  std::string store_entries;           // JSON: our entries of the eBPF store; "" for none
  std::vector<std::string> tasks_off;  // tracing tasks that we could not enable again
  // JSON: the start types that an adopted installation was found with; "" if none was adopted.
  std::string found_start_types_text;
  std::string preserved;  // JSON: an installation that is not ours; "" for none
  // The journal was set aside, or an undo was given up: what is on the machine may be ours.
  bool take_over = false;
  bool inconsistent = false;  // an undo was given up
  // The versions between which that undo was to go; "" among them: none.
  std::vector<std::string> given_up;
  bool removal_waits = false;  // an uninstall waits for the boot
  // The PowerShell handler's key was there at the last install (product/predecessor.h).
  bool upgrading_seen = false;
  // Who wants the installation. An uninstall by one of the two leaves it while the other wants it.
  bool wanted_by_setup = false;
  bool wanted_by_vm_agent = false;  // a folder of the extension is recorded (meta::kPackageFolders)
  std::string brought_by_setup;     // the version that `setup` brought; "" for none

  bool owns_service(std::string_view name) const { return has_service(owned, name); }
  // Returns the newest row of an extra that is ours, or nullptr.
  const journal::Owned* extra(std::string_view kind, std::string_view name) const;
  bool stopped_by_us(std::string_view name) const;
  bool could_not_start(std::string_view name) const;
};

// Returns what the stop found of the service; nullopt if the record has no readable before-image.
std::optional<actions::services::StopService::Before> found_at_stop(const Stopped& stopped);

// Returns `installation` with the change's version, folder and owned rows.
InstallationState after(InstallationState installation, const InstallationChange& change);

InstallationState installation_state_of(const journal::Records& records);

}  // namespace engine::product
