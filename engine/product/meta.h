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
inline constexpr const char* kRestartDue =
    "restart_due";  // "1": files of something that runs were replaced
inline constexpr const char* kDisabled =
    "disabled";  // JSON array: services that disable stopped, in order, with their before-images
inline constexpr const char* kDependencies =
    "guest_proxy_agent_dependencies";  // JSON array that uninstall took out
inline constexpr const char* kStoreEntries =
    "ebpf_store_entries";  // JSON: the entries of the eBPF store that exports of ours put there
inline constexpr const char* kTasksOff =
    "tracing_tasks_off";  // JSON array: tasks that we disabled and could not enable again
inline constexpr const char* kPreserved =
    "preserved";  // JSON: what an update found that is not ours, until it settles or is removed
inline constexpr const char* kTakeOver =
    journal::kTakeOver;  // "1": an earlier journal was lost and nothing settled since
inline constexpr const char* kInconsistent =
    "inconsistent";  // id of the transaction that could not be undone
// JSON array: folders of the packages whose handlers were called since the last settlement.
inline constexpr const char* kPackageFolders = "package_folders";
// "1": an uninstall met a driver that does not stop; recovery makes it up after the boot.
inline constexpr const char* kUninstallDue = "uninstall_due";
// JSON: boot, and the work folders whose rest is queued for the next boot.
inline constexpr const char* kQueued = "queued_for_boot";
}  // namespace meta

// The values of some keys.

// A service that a command of ours stopped, with the before-image of its stop.
struct Stopped {
  std::string name;
  nlohmann::json before;

  static void describe(auto& self, auto& visit) {
    visit.required("name", self.name);
    visit.required("before", self.before);
  }
};

// kDisabled.
std::string to_text(const std::vector<Stopped>& stopped);
std::vector<Stopped> stopped_from_text(const std::optional<std::string>& text);

// A list of strings as the meta table holds it, a JSON array. Empty where there is none, or where
// it is no array.
std::vector<std::string> strings_from_text(const std::optional<std::string>& text);

}  // namespace engine::product
