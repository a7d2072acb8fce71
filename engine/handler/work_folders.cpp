#include "engine/handler/work_folders.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "actions/files/removal.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/product/meta.h"
#include "engine/product/places.h"
#include "json/json.h"
#include "text/time.h"

namespace engine::handler {
namespace {

constexpr std::string_view kPrefix = "txn-";

// Deletes a tree, except files in use and the folders above them; `queue`: queues those for the
// next boot. Returns the number of files left; 1 if only the folder is left.
int delete_tree(machine::Files& files, const std::string& folder, bool queue) {
  int left = 0;
  for (const std::string& name : files.list(folder)) {
    const std::string path = machine::join(folder, name);
    const auto info = files.stat(path);
    if (!info) continue;
    if (info->kind == machine::FileKind::kFolder) {
      left += delete_tree(files, path, queue);
      continue;
    }
    if (actions::files::remove_unless_in_use(files, path, info->readonly)) continue;
    if (queue) files.remove_at_boot(path);
    ++left;
  }
  if (left == 0 && actions::files::remove_empty_folder(files, folder)) return 0;
  if (queue) files.remove_at_boot(folder);
  return std::max(left, 1);
}

// The folders that are queued for the next boot already: Windows would queue them again.
std::vector<std::string> queued_folders(machine::Machine& machine, transaction::Session& session) {
  const auto text = session.journal()->meta(product::meta::kQueued);
  const auto json = text ? bounded::json(*text) : nlohmann::json();
  if (!json.is_object() || json.value("boot", "") != machine.system().boot_id()) return {};
  return json.value("folders", std::vector<std::string>{});
}

// Returns the transaction that the folder belongs to; nullptr if the list has none.
const journal::Transaction* owner_of(const std::string& folder,
                                     const std::vector<journal::Transaction>& transactions) {
  const auto owner = std::find_if(transactions.begin(), transactions.end(),
                                  [&folder](const journal::Transaction& transaction) {
                                    return machine::equal_paths(transaction.work_folder, folder);
                                  });
  return owner == transactions.end() ? nullptr : &*owner;
}

// Returns why a folder is kept; nullopt if it is to be deleted.
std::optional<std::string> why_kept(machine::Machine& machine, const std::string& folder,
                                    const journal::Transaction* owner) {
  if (owner == nullptr) return "the journal does not know its transaction";
  const std::string name = "transaction " + std::to_string(owner->id);
  if (owner->state == journal::TransactionState::kInconsistent)
    return name + " is neither done nor undone, and its files may be needed";
  // An undo removes before.json once all files are back in their places.
  if (owner->state == journal::TransactionState::kUndone &&
      machine.files().stat(machine::join(folder, "before.json")))
    return "it has files of " + name + " whose places somebody else has taken";
  return std::nullopt;
}

}  // namespace

std::string work_folder_name(machine::Machine& machine, std::int64_t transaction_id) {
  std::string time = text::utc_text(machine.system().utc_ms());
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  return machine::join(product::data_folder(machine),
                       std::string(kPrefix) + std::to_string(transaction_id) + "-" + time);
}

std::vector<std::string> clean_work_folders(machine::Machine& machine,
                                            transaction::Session& session) {
  std::vector<std::string> notes;
  std::vector<std::string> folders;
  for (const std::string& name : machine.files().list(product::data_folder(machine))) {
    if (name.starts_with(kPrefix))
      folders.push_back(machine::join(product::data_folder(machine), name));
  }
  if (folders.empty()) return notes;
  const auto with_folder = session.journal()->with_work_folder();
  std::vector<std::string> queued = queued_folders(machine, session);
  std::vector<std::pair<std::int64_t, std::string>> events;
  for (const std::string& folder : folders) {
    const journal::Transaction* owner = owner_of(folder, with_folder);
    if (owner != nullptr && session.journal()->may_be_needed(*owner)) continue;
    if (const auto why = why_kept(machine, folder, owner)) {
      notes.push_back("The folder " + folder + " is kept: " + *why + ".");
      continue;
    }
    const bool waits = std::find(queued.begin(), queued.end(), folder) != queued.end();
    const int left = delete_tree(machine.files(), folder, !waits);
    if (left == 0) continue;
    notes.push_back("What is in use in " + folder +
                    " goes at the next boot (files: " + std::to_string(left) + ").");
    if (waits) continue;
    queued.push_back(folder);
    events.emplace_back(owner->id, notes.back());
  }
  if (events.empty()) return notes;
  const nlohmann::json json{{"boot", machine.system().boot_id()}, {"folders", queued}};
  session.commit([&](journal::Commit& commit) {
    commit.put_meta(product::meta::kQueued, json.dump());
    for (const auto& [transaction_id, text] : events)
      commit.event(transaction_id, journal::Level::kInfo, text);
  });
  return notes;
}

}  // namespace engine::handler
