#include "engine/product/installation_change.h"

#include <algorithm>
#include <map>
#include <set>

#include "actions/files/place_files.h"
#include "actions/image.h"
#include "actions/machine/paths.h"
#include "actions/registry/ebpf_store.h"
#include "actions/registry/run_store_export.h"
#include "actions/services/start_service.h"
#include "actions/services/stop_service.h"
#include "actions/tasks/enable_task.h"
#include "actions/tasks/register_task.h"
#include "actions/tasks/task_image.h"
#include "engine/product/meta.h"
#include "errors/failure.h"

namespace actions {

template <>
struct Description<journal::Owned> {
  static void describe(auto& self, auto& visit) {
    visit.required("kind", self.kind);
    visit.required("name", self.name);
    visit.required("sha256", self.sha256, Text::kAny);
    visit.required("file_id", self.file_id, Text::kAny);
    visit.required("size", self.size);
    visit.required("version", self.version, Text::kAny);
    visit.optional("origin", self.origin);
  }
};

template <>
struct Description<std::pair<std::string, std::string>> {
  static void describe(auto& self, auto& visit) {
    visit.required("key", self.first);
    visit.required("value", self.second, Text::kAny);
  }
};

}  // namespace actions

namespace engine::product {
namespace {

using actions::registry::EbpfStore;
using actions::registry::StoreImage;
using errors::ExitCode;
using errors::Failure;
using journal::Owned;
using Json = nlohmann::json;
using Steps = std::span<const EndedStep>;

const EndedStep* find(Steps steps, std::string_view kind, const std::string& target) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const EndedStep& step) {
    return step.kind == kind && machine::equal_paths(step.target, target);
  });
  return found == steps.end() ? nullptr : &*found;
}

bool is_done(const EndedStep* step) { return step != nullptr && step->is_done; }

void fill_file_ids(InstallationChange& change, Steps steps) {
  if (!change.placed_in) return;
  const EndedStep* const step = find(steps, actions::files::PlaceFiles::kKind, *change.placed_in);
  if (!is_done(step)) return;
  std::map<std::string, std::string> ids;  // by folded path
  for (const auto& file : actions::files::PlaceFiles::read_after(*step->after).files)
    ids.emplace(machine::fold_case(file.path), file.id);
  for (Owned& row : change.put_owned) {
    const auto id = row.kind == "file" ? ids.find(machine::fold_case(row.name)) : ids.end();
    if (id != ids.end()) row.file_id = id->second;
  }
}

void refuse_lost_files(const InstallationChange& change) {
  for (const Owned& row : change.put_owned) {
    if (row.kind != "file" || !row.file_id.empty()) continue;
    throw Failure(ExitCode::kCopyFile, row.name, "find " + row.name + ", which was just installed");
  }
}

void fill_made(InstallationChange& change, Steps steps) {
  for (const MadeRow& made : change.made) {
    const EndedStep* const step = find(steps, made.step_kind, made.row.name);
    if (is_done(step)) {
      change.put_owned.push_back(made.row);
      if (made.step_kind != actions::tasks::RegisterTask::kKind) continue;
      const auto task = actions::tasks::RegisterTask::read_after(*step->after).task;
      if (task) change.put_owned.back().sha256 = actions::tasks::fingerprint(task->xml);
    } else if (made.if_failed) {
      change.put_owned.push_back(*made.if_failed);
    } else if (step != nullptr && !step->is_undone) {
      change.put_owned.push_back(made.row);  // may be there; a needless row only costs a check
      change.put_owned.back().version.clear();
    }
  }
}

void put_or_forget(InstallationChange& change, const char* key, const Json& list) {
  if (list.empty()) {
    change.forget_meta.emplace_back(key);
  } else {
    change.put_meta.emplace_back(key, list.dump());
  }
}

void fill_tasks_off(InstallationChange& change, Steps steps) {
  if (!change.tasks_off) return;
  std::set<std::string> off(change.tasks_off->kept_off.begin(), change.tasks_off->kept_off.end());
  for (const std::string& task : change.tasks_off->enabled) {
    if (!is_done(find(steps, actions::tasks::EnableTask::kKind, task))) off.insert(task);
  }
  put_or_forget(change, meta::kTasksOff, Json(off));
}

void fill_stops(InstallationChange& change, Steps steps) {
  if (!change.stops) return;
  std::vector<Stopped> stopped = change.stops->earlier;
  for (const std::string& service : change.stops->services) {
    const EndedStep* const step = find(steps, actions::services::StopService::kKind, service);
    if (is_done(step)) stopped.push_back({service, *step->before});
  }
  change.put_meta.emplace_back(meta::kDisabled, to_text(stopped));
}

void fill_starts(InstallationChange& change, Steps steps) {
  if (!change.starts) return;
  std::vector<Stopped> not_started = change.starts->services;
  std::erase_if(not_started, [&](const Stopped& service) {
    const EndedStep* const step = find(steps, actions::services::StartService::kKind, service.name);
    return step == nullptr || step->is_done;
  });
  for (Stopped& service : not_started) {
    const EndedStep* const stop = find(steps, actions::services::StopService::kKind, service.name);
    if (service.before.is_null() && stop != nullptr && stop->before != nullptr)
      service.before = *stop->before;
  }
  std::erase_if(not_started, [](const Stopped& service) { return service.before.is_null(); });
  std::erase(change.forget_meta, meta::kNotStarted);
  if (not_started.empty()) {
    change.forget_meta.emplace_back(meta::kNotStarted);
  } else {
    change.put_meta.emplace_back(meta::kNotStarted, to_text(not_started));
  }
}

void fill_store(InstallationChange& change, Steps steps) {
  if (!change.store) return;
  StoreEntries& entries = change.store->earlier;
  const EndedStep* const step =
      find(steps, actions::registry::RunStoreExport::kKind, change.store->tool);
  if (is_done(step)) {
    const EbpfStore found(actions::registry::RunStoreExport::read_before(*step->before));
    const EbpfStore left(actions::registry::RunStoreExport::read_after(*step->after));
    entries.keys = left.added_to(found, EbpfStore(StoreImage{entries.keys})).as_image().keys;
  }
  change.put_meta.emplace_back(meta::kStoreEntries, actions::write_image(entries).dump());
}

}  // namespace

InstallationChange filled(InstallationChange change, Steps steps) {
  fill_file_ids(change, steps);
  refuse_lost_files(change);
  fill_made(change, steps);
  fill_tasks_off(change, steps);
  fill_stops(change, steps);
  fill_starts(change, steps);
  fill_store(change, steps);
  change.placed_in.reset();
  change.made.clear();
  change.tasks_off.reset();
  change.stops.reset();
  change.starts.reset();
  change.store.reset();
  return change;
}

Json to_json(const InstallationChange& change) { return actions::write_image(change); }

InstallationChange installation_change_from(const Json& json) {
  return actions::read_image<InstallationChange>("installation change", json);
}

InstallationChange removal_change(const std::vector<std::string>& dependencies) {
  InstallationChange change;
  if (!dependencies.empty())
    change.put_meta.emplace_back(meta::kDependencies, Json(dependencies).dump());
  change.forget_all_owned = true;
  for (const char* key :
       {meta::kSettledVersion, meta::kSettledHandler, meta::kInstallFolder, meta::kPackage,
        meta::kRestartDue, meta::kDisabled, meta::kTakeOver, meta::kInconsistent,
        meta::kPackageFolders, meta::kUninstallDue, meta::kStoreEntries, meta::kTasksOff,
        meta::kPreserved, meta::kFoundStartTypes}) {
    change.forget_meta.emplace_back(key);
  }
  return change;
}

}  // namespace engine::product
