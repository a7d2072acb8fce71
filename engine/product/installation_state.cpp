#include "engine/product/installation_state.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <system_error>

#include "actions/best_effort.h"
#include "actions/machine/paths.h"
#include "engine/product/meta.h"

namespace engine::product {
namespace {

bool contains(const std::vector<Stopped>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [name](const Stopped& stopped) {
    return machine::equal_names(stopped.name, name);
  });
}

}  // namespace

bool has_service(const std::vector<journal::Owned>& rows, std::string_view name) {
  return std::any_of(rows.begin(), rows.end(), [name](const journal::Owned& row) {
    return row.kind == "service" && machine::equal_names(row.name, name);
  });
}

const journal::Owned* InstallationState::extra(std::string_view kind, std::string_view name) const {
  for (const auto* rows : {&made, &owned}) {
    const auto found = std::find_if(rows->rbegin(), rows->rend(), [&](const journal::Owned& row) {
      return row.kind == kind && machine::equal_paths(row.name, name);
    });
    if (found != rows->rend()) return &*found;
  }
  return nullptr;
}

bool InstallationState::stopped_by_us(std::string_view name) const {
  return contains(disabled, name);
}

bool InstallationState::could_not_start(std::string_view name) const {
  return contains(not_started, name);
}

namespace {

std::vector<std::string> versions_given_up(const journal::Records& records) {
  const std::string id = records.meta(meta::kInconsistent).value_or("");
  std::int64_t number = 0;
  if (std::from_chars(id.data(), id.data() + id.size(), number).ec != std::errc()) return {};
  const auto transaction = records.find_transaction(number);
  if (!transaction) return {};
  std::vector<std::string> versions{transaction->payload_version};
  if (const auto operation = records.find_operation(transaction->operation_id)) {
    versions.push_back(operation->from_version);
    versions.push_back(operation->to_version);
  }
  return versions;
}

}  // namespace

InstallationState installation_state_of(const journal::Records& records) {
  InstallationState installation;
  installation.settled_version = records.meta(meta::kSettledVersion).value_or("");
  installation.install_folder = records.meta(meta::kInstallFolder).value_or("");
  installation.owned = records.owned();
  installation.restart_due = records.meta(meta::kRestartDue).has_value();
  installation.disabled = stopped_from_text(records.meta(meta::kDisabled));
  installation.not_started = stopped_from_text(records.meta(meta::kNotStarted));
  installation.proxy_stopped_in = records.meta(meta::kProxyStopped).value_or("");
  installation.dependencies_taken = strings_from_text(records.meta(meta::kDependencies));
  installation.store_entries = records.meta(meta::kStoreEntries).value_or("");
  installation.tasks_off = strings_from_text(records.meta(meta::kTasksOff));
  installation.found_start_types_text = records.meta(meta::kFoundStartTypes).value_or("");
  installation.preserved = records.meta(meta::kPreserved).value_or("");
  installation.inconsistent = records.meta(meta::kInconsistent).has_value();
  installation.take_over = installation.inconsistent || records.meta(meta::kTakeOver).has_value();
  installation.given_up = versions_given_up(records);
  installation.removal_waits = records.meta(meta::kUninstallDue).has_value();
  installation.upgrading_seen = records.meta(meta::kUpgradingSeen).has_value();
  installation.wanted_by_setup = records.meta(meta::kWantedBySetup).has_value();
  installation.brought_by_setup = records.meta(meta::kBroughtBySetup).value_or("");
  installation.wanted_by_vm_agent = !strings_from_text(records.meta(meta::kPackageFolders)).empty();
  return installation;
}

std::optional<actions::services::StopService::Before> found_at_stop(const Stopped& stopped) {
  return actions::if_readable(
      [&] { return actions::services::StopService::read_before(stopped.before); });
}

InstallationState after(InstallationState installation, const InstallationChange& change) {
  if (change.forget_all_owned) installation.owned.clear();
  for (const auto& [key, value] : change.put_meta) {
    if (key == meta::kInstallFolder) installation.install_folder = value;
    if (key == meta::kSettledVersion) installation.settled_version = value;
  }
  installation.owned.insert(installation.owned.end(), change.put_owned.begin(),
                            change.put_owned.end());
  return installation;
}

}  // namespace engine::product
