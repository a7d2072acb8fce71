#include "engine/handler/abandonment.h"

#include <algorithm>

#include "actions/files/arm_recovery.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/system.h"
#include "engine/commands/operation_table.h"
#include "engine/product/meta.h"
#include "engine/product/places.h"
#include "engine/product/predecessor.h"
#include "errors/failure.h"
#include "package/handler_manifest.h"
#include "text/time.h"

namespace engine::handler {
namespace {

std::string folder_above(const std::string& path) {
  return path.substr(0, path.find_last_of("/\\"));
}

// Returns true if a version of the extension lies in a folder of its own there, also one of the
// PowerShell handler.
bool holds_a_version(machine::HostFiles& host, const std::string& extension) {
  if (!host.stat(extension)) return false;
  const std::vector<std::string> names = host.list(extension);
  return std::ranges::any_of(names, [&](const std::string& name) {
    return host.stat(extension + "/" + name + "/" + std::string(package::kHandlerManifestName))
        .has_value();
  });
}

// A failed removal is tried again after the next boot: each try stops and starts the data path.
bool removal_failed_in_this_boot(machine::Machine& machine, journal::Journal& journal) {
  const auto of_boot = journal.of_boot(machine.system().boot_id());
  return std::any_of(of_boot.begin(), of_boot.end(), [&](const journal::Transaction& transaction) {
    return transaction.command == "uninstall" && transaction.operation_id != 0 &&
           transaction.state == journal::TransactionState::kUndone && !transaction.recovered &&
           journal.operation(transaction.operation_id).kind == transaction.command;
  });
}

}  // namespace

bool extension_is_gone(machine::Machine& machine, const journal::Records& records) {
  const std::vector<std::string> folders =
      product::strings_from_text(records.meta(product::meta::kPackageFolders));
  machine::HostFiles& host = machine.host();
  const auto is_gone = [&host](const std::string& folder) {
    const std::string extension = folder_above(folder);
    return !host.stat(folder) && !holds_a_version(host, extension) &&
           host.stat(folder_above(extension));
  };
  bool gone = false;
  const auto unknown =
      errors::failure_in([&] { gone = !folders.empty() && std::ranges::all_of(folders, is_gone); });
  return gone && !unknown;
}

std::vector<std::string> disarm_recovery(machine::Machine& machine) {
  // The folder is made before the task and goes after it; a query for a task is slow on Windows.
  if (!machine.files().stat(product::recovery_copy_folder(machine))) return {};
  return actions::files::disarm_recovery(machine, product::recovery_copy_folder(machine),
                                         product::kRecoveryTask);
}

bool nobody_goes_on(machine::Machine& machine, const journal::Records& records) {
  constexpr std::int64_t kMinuteMs = 60'000;
  std::optional<journal::Transaction> newest = records.newest_transaction();
  // `setup` beside an update does not go on with it, also where it was refused.
  while (newest && newest->operation_id == 0 && newest->command.starts_with(commands::kSetup))
    newest = records.transaction_before(newest->id);
  if (!newest) return true;
  const journal::Transaction& transaction = *newest;
  if (transaction.boot_id != machine.system().boot_id()) return true;
  const std::string since =
      text::utc_text(machine.system().utc_ms() - commands::kAbandonedAfterMinutes * kMinuteMs);
  return transaction.started_at <= since;  // texts of one form compare as times do
}

std::string removal_due(machine::Machine& machine, journal::Journal& journal,
                        const product::InstallationState& installation, bool abandoned) {
  if (installation.settled_version.empty() || installation.wanted_by_setup) return "";
  std::string why;
  if (journal.meta(product::meta::kUninstallDue)) {
    why = "An uninstall had to wait for the boot: made up for now.";
  } else if (abandoned && nobody_goes_on(machine, journal) && extension_is_gone(machine, journal) &&
             !product::is_taken_over(machine, installation)) {
    why = "No folder of the extension is left: it was dropped without a call, and is removed.";
  }
  return !why.empty() && removal_failed_in_this_boot(machine, journal) ? "" : why;
}

}  // namespace engine::handler
