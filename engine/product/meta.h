#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/records.h"
#include "json/json.h"

namespace engine::product {

// Keys of the journal's meta table that the engine uses.
namespace meta {
inline constexpr const char* kSettledVersion = "settled_version";  // payload version, "0.9.1"
inline constexpr const char* kSettledHandler = "settled_handler";  // "0.9.1.1"
inline constexpr const char* kInstallFolder = "install_folder";
inline constexpr const char* kPackage = "settled_package";  // SHA-256 of payload.json
// "1": files of a running driver or service were replaced.
inline constexpr const char* kRestartDue = "restart_due";
// JSON array: services that disable stopped, in order, with their before-images.
inline constexpr const char* kDisabled = "disabled";
// JSON array, as kDisabled: services of others that ran, and that an undo could not start again;
// and what an uninstall that leaves eBPF to somebody else could not start again of a disable.
inline constexpr const char* kNotStarted = "not_started_again";
// The boot in which GuestProxyAgent's owner had stopped it when a command stopped our drivers.
inline constexpr const char* kProxyStopped = "guest_proxy_agent_stopped_in_boot";
// JSON array: the dependencies that enable gives back to GuestProxyAgent's registration.
inline constexpr const char* kDependencies = "guest_proxy_agent_dependencies";
// JSON (StoreEntries): the entries of the eBPF store that our exports wrote.
inline constexpr const char* kStoreEntries = "ebpf_store_entries";
// JSON array: tasks that we disabled and could not enable again.
inline constexpr const char* kTasksOff = "tracing_tasks_off";
// JSON: the foreign installation that an update found, until the update settles or it is removed.
inline constexpr const char* kPreserved = "preserved";
// "1": the PowerShell handler's key was there at the last install: it is of nobody's update.
inline constexpr const char* kUpgradingSeen = "upgrading_key_seen";
// JSON: the start types with which an adopted installation was found (origin.h).
inline constexpr const char* kFoundStartTypes = "found_start_types";
// "1": an earlier journal was lost and nothing has settled since.
inline constexpr const char* kTakeOver = journal::kTakeOver;
// The id of the transaction that could not be undone.
inline constexpr const char* kInconsistent = "inconsistent";
// JSON array: folders of the packages whose handlers were called since install or enable last
// settled an operation, that one included.
inline constexpr const char* kPackageFolders = "package_folders";
// "1": `setup` wants the installation. While the key is there the VM Agent's uninstall leaves eBPF.
inline constexpr const char* kWantedBySetup = "wanted_by_setup";
// The version that `setup` brought, whether or not it wants it still; until another one settles.
inline constexpr const char* kBroughtBySetup = "brought_by_setup";
// "1": an uninstall met a driver that does not stop; recovery completes it after the boot.
inline constexpr const char* kUninstallDue = "uninstall_due";
// JSON: the boot, and the work folders whose files in use are queued for the next boot.
inline constexpr const char* kQueued = "queued_for_boot";
}  // namespace meta

// A service that a command of ours stopped, with the before-image of its stop.
struct Stopped {
  std::string name;
  nlohmann::json before;

  static void describe(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("before", self.before);
  }
};

// The value of kDisabled. Reading skips entries without a name or a before-image.
std::string to_text(const std::vector<Stopped>& stopped);
std::vector<Stopped> stopped_from_text(const std::optional<std::string>& text);

// Reads a JSON array of strings from the meta table. Returns an empty list if there is no value or
// the value is no array.
std::vector<std::string> strings_from_text(const std::optional<std::string>& text);

}  // namespace engine::product
