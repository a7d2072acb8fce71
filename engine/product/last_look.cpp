#include "engine/product/last_look.h"

#include <algorithm>
#include <array>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/registry/boot_queue.h"
#include "actions/services/service_control.h"
#include "errors/failure.h"

namespace engine::product {
namespace {

using errors::ExitCode;
using errors::Failure;
using machine::ServiceState;
using machine::StartType;

using M = Occasion;
using F = Finding;
using L = LastWord;
constexpr std::nullopt_t kAll = std::nullopt;

constexpr std::int64_t kFileNotFound = 2;               // ERROR_FILE_NOT_FOUND
constexpr std::int64_t kServiceDoesNotExist = 1060;     // ERROR_SERVICE_DOES_NOT_EXIST
constexpr std::int64_t kServiceMarkedForDelete = 1072;  // ERROR_SERVICE_MARKED_FOR_DELETE

constexpr std::string_view kRestart = "Restart the VM,";
constexpr std::string_view kSomebodyElse =
    "Find out who changes the services of eBPF at the same time (another installer, a policy), and "
    "end that,";
constexpr std::string_view kEventLog = "Find out in the System event log why it ended, mend that,";
constexpr std::string_view kQueue =
    "Find out which installer queues deletions of eBPF's files for the next boot, and end that,";

// clang-format off
constexpr auto kTable = std::to_array<LastLookRow>({
  // occasion             finding                word         status     code                         advice
  {M::kRepeatedAttempt,  kAll,                  L::kTold,    "error",   ExitCode::kSuccess,          ""},
  {kAll,                 F::kAsItShouldBe,      L::kGood,    "success", ExitCode::kSuccess,          ""},
  {M::kEnable,           F::kNewer,             L::kGood,    "success", ExitCode::kSuccess,          ""},
  {M::kEnable,           F::kMarkedForDeletion, L::kUndone,  "error",   ExitCode::kRebootNeeded,     kRestart},
  {M::kEnable,           F::kNotRegistered,     L::kUndone,  "error",   ExitCode::kCreateService,    kSomebodyElse},
  {M::kEnable,           F::kElsewhere,         L::kUndone,  "error",   ExitCode::kCreateService,    kSomebodyElse},
  {M::kEnable,           F::kFileMissing,       L::kUndone,  "error",   ExitCode::kCopyFile,         kSomebodyElse},
  {M::kEnable,           F::kOtherVersion,      L::kUndone,  "error",   ExitCode::kCopyFile,         kSomebodyElse},
  {M::kEnable,           F::kGoesAtBoot,        L::kUndone,  "error",   ExitCode::kCopyFile,         kQueue},
  {M::kEnable,           F::kNotRunning,        L::kUndone,  "error",   ExitCode::kStartDriver,      kEventLog},
  {M::kEnable,           F::kNotAutomatic,      L::kUndone,  "error",   ExitCode::kChangeStartType,  kSomebodyElse},
  {kAll,                 kAll,                  L::kUndone,  "error",   ExitCode::kGeneric,          ""},
});
// clang-format on

// In the order of Finding.
LastLook::Sight sight_of(const FoundComponent& found, const VersionToBe& to_be,
                         bool newer_everywhere, machine::Machine& machine) {
  if (newer_everywhere && found.status) {
    const bool is_up = found.status->state == ServiceState::kRunning &&
                       !actions::services::has_died(machine, *found.status);
    if (is_up)
      return {F::kNewer, "newer than " + to_be.version + "; " + to_be.replaced_by +
                             " put it there, and it is left"};
    return {F::kNotRunning, "the service is " + std::string(machine::to_text(found.status->state)),
            found.status->exit_code};
  }
  if (!found.config || !found.status)
    return {F::kNotRegistered, "the service is not registered", kServiceDoesNotExist};
  const machine::ServiceStatus& status = *found.status;
  const bool runs = status.state == ServiceState::kRunning;
  if (status.marked_for_deletion && !runs)
    return {F::kMarkedForDeletion, "the service is marked for deletion", kServiceMarkedForDelete};
  if (!found.starts_from(machine::join(to_be.install_folder, found.component->file)))
    return {F::kElsewhere, "its image path is " + found.config->image};
  if (!found.file_there)
    return {F::kFileMissing, "its image " + found.file + " is missing", kFileNotFound};
  if (!found.version)
    return {F::kOtherVersion, "its image " + found.file + " has no version that can be read"};
  const std::string version = package::to_text(*found.version);
  if (version != to_be.version)
    return {F::kOtherVersion, "its image " + found.file + " is of version " + version};
  if (!runs) {
    return {F::kNotRunning, "the service is " + std::string(machine::to_text(status.state)),
            status.exit_code};
  }
  if (actions::services::has_died(machine, status)) {
    return {F::kNotRunning, "its process " + std::to_string(status.process_id) + " has ended",
            status.exit_code};
  }
  const StartType start = found.config->start;
  if (start == StartType::kDemand || start == StartType::kDisabled)
    return {F::kNotAutomatic, "its start type is " + std::string(machine::to_text(start))};
  return {};
}

std::string api_of(Finding finding) {
  switch (finding) {
    case F::kNotRegistered:
      return "OpenService";
    case F::kMarkedForDeletion:
    case F::kNotRunning:
      return "QueryServiceStatusEx";
    case F::kFileMissing:
      return "GetFileAttributesEx";
    default:
      return "";
  }
}

Failure look_failure(const LastLookRow& row, const std::string& object, const std::string& tried,
                     const LastLook::Sight& sight) {
  const std::string api = api_of(sight.finding);
  Failure failure = api.empty() ? Failure(row.code, object, tried + ": " + sight.words)
                                : Failure(row.code, object, tried, {api, sight.code, sight.words});
  if (!row.advice.empty()) failure.advise(std::string(row.advice));
  return failure;
}

void judge(const LastLook& look, Occasion occasion) {
  const std::string& version = look.to_be.version;
  const auto check = [occasion](const LastLook::Sight& sight, const std::string& object,
                                const std::string& tried) {
    const LastLookRow& row = last_look_row(occasion, sight.finding);
    if (row.word == L::kUndone) throw look_failure(row, object, tried, sight);
  };
  for (const LastLook::Component& component : look.components) {
    if (!component.sight) continue;
    const std::string service(component.found.component->service);
    check(*component.sight, service,
          "see " + service + " registered, automatic and running in version " + version);
  }
  for (const std::string& file : look.missing) {
    check({F::kFileMissing, "the file is missing", kFileNotFound}, file,
          "see " + file + " of version " + version);
  }
  for (const std::string& path : look.queued) {
    check({F::kGoesAtBoot, "somebody queued that it goes at the next boot"}, path,
          "see that " + path + " of version " + version + " stays");
  }
}

}  // namespace

std::string_view to_text(Finding finding) {
  switch (finding) {
    case F::kAsItShouldBe:
      return "as it should be";
    case F::kNewer:
      return "newer from elsewhere";
    case F::kNotRegistered:
      return "not registered";
    case F::kMarkedForDeletion:
      return "reboot needed";
    case F::kElsewhere:
      return "image elsewhere";
    case F::kFileMissing:
      return "file missing";
    case F::kOtherVersion:
      return "another version";
    case F::kGoesAtBoot:
      return "goes at the boot";
    case F::kNotRunning:
      return "not running";
    case F::kNotAutomatic:
      return "not automatic";
    case F::kNotSeen:
      return "not seen";
  }
  return "unknown";
}

std::string_view to_text(Occasion occasion) {
  switch (occasion) {
    case M::kEnable:
      return "enable";
    case M::kRepeatedAttempt:
      return "repeated attempt";
  }
  return "unknown";
}

std::string_view to_text(LastWord word) {
  switch (word) {
    case L::kGood:
      return "good";
    case L::kUndone:
      return "undone";
    case L::kTold:
      return "told";
  }
  return "unknown";
}

std::span<const LastLookRow> last_look_table() { return kTable; }

const LastLookRow& last_look_row(Occasion occasion, Finding finding) {
  return *std::find_if(kTable.begin(), kTable.end(), [&](const LastLookRow& row) {
    return (!row.occasion || *row.occasion == occasion) &&
           (!row.finding || *row.finding == finding);
  });
}

LastLook look_at(machine::Machine& machine, const VersionToBe& to_be) {
  LastLook look;
  look.to_be = to_be;
  Inventory inventory = detect(machine, to_be.install_folder);
  look.to_be.install_folder = inventory.install_folder;
  const bool newer = newer_in_place(inventory, to_be.version) && is_complete(machine, inventory);
  if (newer) {  // its files and its services are somebody else's
    look.to_be.files.clear();
    std::erase_if(look.to_be.services,
                  [&](const std::string& name) { return !inventory.of(name).config; });
  }
  for (FoundComponent& found : inventory.components) {
    LastLook::Component seen;
    if (look.to_be.has(found.component->service))
      seen.sight = sight_of(found, look.to_be, newer, machine);
    seen.found = std::move(found);
    look.components.push_back(std::move(seen));
  }
  for (const std::string& file : look.to_be.files) {
    if (!machine.files().stat(file)) look.missing.push_back(file);
  }
  if (!newer) look.queued = actions::registry::queued_paths(machine, look.to_be.paths());
  return look;
}

std::optional<LastLook> last_look(machine::Machine& machine, const VersionToBe& to_be,
                                  Occasion occasion) {
  std::optional<LastLook> seen;
  try {
    seen = look_at(machine, to_be);
  } catch (const std::exception&) {
    if (last_look_row(occasion, F::kNotSeen).word == L::kUndone) throw;
    return std::nullopt;
  }
  judge(*seen, occasion);
  return seen;
}

}  // namespace engine::product
