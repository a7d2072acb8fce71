#include "engine/product/installation_change.h"

#include <algorithm>
#include <set>

#include "actions/fields.h"
#include "actions/machine/paths.h"
#include "actions/registry/ebpf_store.h"
#include "actions/tasks/task_image.h"
#include "engine/product/meta.h"
#include "errors/failure.h"

namespace engine::product {
namespace {

using actions::EbpfStore;
using actions::Fields;
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
  if (change.placed_in.empty()) return;
  const EndedStep* const step = find(steps, "place-files", change.placed_in);
  if (!is_done(step)) return;
  const Fields after("after-image of place-files", *step->after);
  for (const Fields& file : after.objects("files")) {
    const std::string path = file.absolute("path");
    for (Owned& row : change.put_owned) {
      if (row.kind == "file" && machine::equal_paths(row.name, path)) row.file_id = file.text("id");
    }
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
      if (made.step_kind != "register-task") continue;
      const Fields after("after-image of register-task", *step->after);
      change.put_owned.back().sha256 = actions::fingerprint(after.object("task").text("xml"));
    } else if (made.if_failed) {
      change.put_owned.push_back(*made.if_failed);
    } else if (step != nullptr && !step->is_undone) {
      change.put_owned.push_back(made.row);  // it may be there: a row too many only looks again
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
    if (!is_done(find(steps, "enable-task", task))) off.insert(task);
  }
  put_or_forget(change, meta::kTasksOff, Json(off));
}

void fill_stops(InstallationChange& change, Steps steps) {
  if (!change.stops) return;
  Json stopped = change.stops->earlier;
  for (const std::string& service : change.stops->services) {
    const EndedStep* const step = find(steps, "stop-service", service);
    if (is_done(step)) stopped.push_back({{"name", service}, {"before", *step->before}});
  }
  change.put_meta.emplace_back(meta::kDisabled, stopped.dump());
}

EbpfStore store_of(const Json& image) {
  if (!image.is_object()) return {};
  return EbpfStore(Fields("what is ours of the eBPF store", image));
}

void fill_store(InstallationChange& change, Steps steps) {
  if (!change.store) return;
  EbpfStore ours = store_of(change.store->earlier);
  const EndedStep* const step = find(steps, "run-store-export", change.store->tool);
  if (is_done(step)) ours = store_of(*step->after).added_to(store_of(*step->before), ours);
  change.put_meta.emplace_back(meta::kStoreEntries, ours.image().dump());
}

// As the journal holds it ------------------------------------------------------------------------

Json row_json(const Owned& row) {
  Json json{{"kind", row.kind}, {"name", row.name}};
  if (!row.sha256.empty()) json["sha256"] = row.sha256;
  if (!row.file_id.empty()) json["file_id"] = row.file_id;
  if (row.size != 0) json["size"] = row.size;
  if (!row.version.empty()) json["version"] = row.version;
  return json;
}

Owned row_from(const Fields& fields) {
  Owned row;
  row.kind = fields.text("kind");
  row.name = fields.text("name");
  if (fields.is_written("sha256")) row.sha256 = fields.hash("sha256");
  if (fields.is_written("file_id")) row.file_id = fields.text("file_id");
  if (fields.is_written("size")) row.size = static_cast<std::int64_t>(fields.number("size"));
  if (fields.is_written("version")) row.version = fields.text("version");
  return row;
}

}  // namespace

InstallationChange filled(InstallationChange change, Steps steps) {
  fill_file_ids(change, steps);
  refuse_lost_files(change);
  fill_made(change, steps);
  fill_tasks_off(change, steps);
  fill_stops(change, steps);
  fill_store(change, steps);
  change.placed_in.clear();
  change.made.clear();
  change.tasks_off.reset();
  change.stops.reset();
  change.store.reset();
  return change;
}

Json to_json(const InstallationChange& change) {
  Json json = Json::object();
  if (change.forget_all_owned) json["forget_all_owned"] = true;
  for (const Owned& row : change.put_owned)
    json["put_owned"].push_back(row_json(row));
  for (const auto& [key, value] : change.put_meta)
    json["put_meta"].push_back({{"key", key}, {"value", value}});
  if (!change.forget_meta.empty()) json["forget_meta"] = change.forget_meta;
  if (!change.placed_in.empty()) json["placed_in"] = change.placed_in;
  for (const MadeRow& made : change.made) {
    Json row{{"step", made.step_kind}, {"row", row_json(made.row)}};
    if (made.if_failed) row["if_failed"] = row_json(*made.if_failed);
    json["made"].push_back(std::move(row));
  }
  if (change.tasks_off)
    json["tasks_off"] = {{"enabled", change.tasks_off->enabled},
                         {"kept_off", change.tasks_off->kept_off}};
  if (change.stops)
    json["stops"] = {{"services", change.stops->services}, {"earlier", change.stops->earlier}};
  if (change.store)
    json["store"] = {{"tool", change.store->tool}, {"earlier", change.store->earlier}};
  return json;
}

InstallationChange installation_change_from(const Json& json) {
  const Fields fields("installation change", json);
  InstallationChange change;
  change.forget_all_owned =
      fields.is_written("forget_all_owned") && fields.flag("forget_all_owned");
  if (fields.is_written("put_owned")) {
    for (const Fields& row : fields.objects("put_owned"))
      change.put_owned.push_back(row_from(row));
  }
  if (fields.is_written("put_meta")) {
    for (const Fields& entry : fields.objects("put_meta"))
      change.put_meta.emplace_back(entry.text("key"), entry.any_text("value"));
  }
  if (fields.is_written("forget_meta")) change.forget_meta = fields.texts("forget_meta");
  if (fields.is_written("placed_in")) change.placed_in = fields.absolute("placed_in");
  if (fields.is_written("made")) {
    for (const Fields& entry : fields.objects("made")) {
      MadeRow made{entry.text("step"), row_from(entry.object("row")), std::nullopt};
      if (entry.is_written("if_failed")) made.if_failed = row_from(entry.object("if_failed"));
      change.made.push_back(std::move(made));
    }
  }
  if (fields.is_written("tasks_off")) {
    const Fields tasks = fields.object("tasks_off");
    change.tasks_off = TasksOff{tasks.texts("enabled"), tasks.texts("kept_off")};
  }
  if (fields.is_written("stops")) {
    const Fields stops = fields.object("stops");
    change.stops = StopsRecorded{stops.texts("services"), json.at("stops").at("earlier")};
    if (!change.stops->earlier.is_array()) stops.damaged("earlier", "it is no list");
  }
  if (fields.is_written("store")) {
    const Fields store = fields.object("store");
    change.store = StoreWritten{store.any_text("tool"), json.at("store").value("earlier", Json())};
  }
  return change;
}

InstallationChange removal_change(const std::vector<std::string>& dependencies) {
  InstallationChange change;
  if (!dependencies.empty())
    change.put_meta.emplace_back(meta::kDependencies, Json(dependencies).dump());
  change.forget_all_owned = true;
  for (const char* key : {meta::kSettledVersion, meta::kSettledHandler, meta::kInstallFolder,
                          meta::kPackage, meta::kRestartDue, meta::kDisabled, meta::kTakeOver,
                          meta::kInconsistent, meta::kPackageFolders, meta::kUninstallDue,
                          meta::kStoreEntries, meta::kTasksOff, meta::kPreserved}) {
    change.forget_meta.emplace_back(key);
  }
  return change;
}

}  // namespace engine::product
