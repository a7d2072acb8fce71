#include "actions/machine/simulated/pending_renames.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/paths.h"
#include "errors/failure.h"

namespace machine::simulated {
namespace {

constexpr std::string_view kQueueKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
constexpr std::string_view kQueueValue = "PendingFileRenameOperations";
constexpr std::string_view kSecondValue = "PendingFileRenameOperations2";
constexpr std::string_view kObjectPrefix = R"(\??\)";

std::string object_path(const std::string& path) {
  return drive(path).empty() ? path : std::string(kObjectPrefix) + path;
}

std::string drive_path(std::string_view path) {
  const std::string_view below = path.substr(std::min(kObjectPrefix.size(), path.size()));
  return std::string(path.starts_with(kObjectPrefix) && !drive(below).empty() ? below : path);
}

std::vector<PendingRename> renames_in(std::string_view rest) {
  const auto next = [&rest] {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string path = drive_path(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return path;
  };
  std::vector<PendingRename> renames;
  while (!rest.empty()) {
    PendingRename row;
    row.from = next();
    row.to = next();
    renames.push_back(std::move(row));
  }
  return renames;
}

// The second queue is a value like any other.
std::vector<PendingRename> take_second_queue(MachineState& state) {
  const auto key = state.registry.find(fold_case(kQueueKey));
  if (key == state.registry.end()) return {};
  const auto value = key->second.values.extract(fold_case(kSecondValue));
  return value.empty() ? std::vector<PendingRename>() : renames_in(value.mapped().value.data);
}

void rename(const PendingRename& row, const disk::Place& from, const disk::Drive& drive) {
  const bool replaces = row.to.starts_with('!');
  const disk::Place to = drive.find(drive_path(std::string_view(row.to).substr(replaces ? 1 : 0)));
  if (!to.parent_exists || (to.exists() && !replaces)) return;
  if (to.exists()) drive.tree().remove(to.host);
  drive.tree().rename(from.host, to.host);
}

}  // namespace

bool is_rename_queue(std::string_view key, std::string_view value) {
  return equal_names(value, kQueueValue) && equal_names(key, kQueueKey);
}

std::optional<RegistryValue> rename_queue(const MachineState& state) {
  if (state.pending_renames.empty()) return std::nullopt;
  std::string lines;
  for (const PendingRename& row : state.pending_renames)
    lines += object_path(row.from) + "\n" + object_path(row.to) + "\n";
  lines.pop_back();
  return RegistryValue{RegistryType::kMultiString, lines};
}

void replace_rename_queue(MachineState& state, const std::optional<RegistryValue>& value) {
  Unflushed& unflushed = state.unflushed;
  if (!unflushed.replaced_renames) {
    std::vector<PendingRename> durable = state.pending_renames;
    durable.resize(std::min(durable.size(), unflushed.durable_pending_renames));
    unflushed.replaced_renames = std::move(durable);
  }
  unflushed.durable_pending_renames = 0;
  state.pending_renames = value ? renames_in(value->data) : std::vector<PendingRename>();
}

void run_pending_renames(MachineState& state, const disk::Drive& drive) {
  std::vector<PendingRename> all = take_second_queue(state);
  all.insert(all.end(), state.pending_renames.begin(), state.pending_renames.end());
  for (const PendingRename& row : all) {
    try {
      const disk::Place from = drive.find(row.from);
      if (!from.exists()) continue;
      if (!row.to.empty()) {
        rename(row, from, drive);
      } else if (!from.is_readonly()) {
        drive.tree().remove(from.host);
      }
    } catch (const std::filesystem::filesystem_error&) {
      continue;
    } catch (const errors::Failure&) {
      continue;  // no path of this machine
    }
  }
  state.pending_renames.clear();
}

}  // namespace machine::simulated
