#include "engine/product/extras.h"

#include <algorithm>
#include <array>

#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "actions/registry/add_to_path.h"
#include "actions/registry/ebpf_store.h"
#include "actions/registry/netsh_helpers.h"
#include "actions/registry/register_netsh_helper.h"
#include "actions/registry/run_store_export.h"
#include "actions/registry/search_path.h"
#include "actions/tasks/register_task.h"
#include "engine/product/components.h"
#include "engine/product/payload.h"
#include "engine/product/tracing_tasks.h"

namespace engine::product {
namespace {

using journal::Owned;

// The store is last: it is the only extra whose step runs a program.
constexpr auto kExtraTable = std::to_array<Extra>({
    {ExtraKind::kPath, "path", actions::registry::AddToPath::kKind, "Path", "bpftool.exe"},
    {ExtraKind::kNetshHelper, "netsh-helper", actions::registry::RegisterNetshHelper::kKind,
     "NetshHelper", kNetshHelperFile},
    {ExtraKind::kTask, "task", actions::tasks::RegisterTask::kKind, "TracingTasks",
     kTracingTasks[0].file},
    {ExtraKind::kTask, "task", actions::tasks::RegisterTask::kKind, "TracingTasks",
     kTracingTasks[1].file},
    {ExtraKind::kStore, "store", actions::registry::RunStoreExport::kKind, "EbpfStore",
     "export_program_info.exe"},
});

std::string object_of(const Extra& extra, const std::string& folder, const std::string& file) {
  if (extra.kind == ExtraKind::kPath) return folder;
  for (const TracingTask& task : kTracingTasks) {
    if (extra.file == task.file) return std::string(task.name);
  }
  return file;
}

template <class Fits>
const Extra* find(const Fits& fits) {
  const auto* found = std::find_if(kExtraTable.begin(), kExtraTable.end(), fits);
  return found == kExtraTable.end() ? nullptr : found;
}

}  // namespace

std::vector<ExtraAt> extras_of(const std::vector<std::string>& files,
                               const std::string& install_folder) {
  std::vector<ExtraAt> all;
  for (const Extra& extra : kExtraTable) {
    const std::string wanted = machine::join(install_folder, extra.file);
    const auto file = std::find_if(files.begin(), files.end(), [&](const std::string& path) {
      return machine::equal_paths(path, wanted);
    });
    if (file != files.end())
      all.push_back({&extra, object_of(extra, install_folder, *file), *file});
  }
  return all;
}

std::vector<ExtraAt> extras_of(const package::PayloadManifest& manifest,
                               const std::string& install_folder) {
  std::vector<std::string> files;
  for (const package::PayloadFile& file : manifest.files)
    files.push_back(target_of(file, install_folder));
  return extras_of(files, install_folder);
}

std::vector<ExtraAt> extras_of(const InstallationState& installation) {
  std::vector<std::string> files;
  for (const Owned& owned : installation.owned) {
    if (owned.kind == "file") files.push_back(owned.name);
  }
  return extras_of(files, installation.install_folder);
}

bool is_there(machine::Machine& machine, const ExtraAt& at) {
  switch (at.extra->kind) {
    case ExtraKind::kPath:
      return actions::registry::PathFolder(at.object, machine)
          .is_in(actions::registry::MachinePath(machine).get());
    case ExtraKind::kTask:
      return machine.tasks().get(at.object).has_value();
    case ExtraKind::kStore:
      return actions::registry::EbpfStore::is_written(machine);
    case ExtraKind::kNetshHelper:
      break;
  }
  const auto helpers = actions::registry::netsh_helpers_like(machine, at.object);
  return std::any_of(helpers.begin(), helpers.end(),
                     [&at](const actions::registry::NetshHelper& helper) {
                       return actions::registry::is_helper(helper, at.object);
                     });
}

const Extra* extra_of(const Owned& owned) {
  return find([&](const Extra& extra) { return extra.owned_kind == owned.kind; });
}

const Extra* extra_made_by(std::string_view step_kind) {
  return find([&](const Extra& extra) { return extra.made_by == step_kind; });
}

std::vector<Owned> rows_of(const std::vector<ExtraAt>& extras) {
  std::vector<Owned> rows;
  rows.reserve(extras.size());
  for (const ExtraAt& at : extras)
    rows.push_back({std::string(at.extra->owned_kind), at.object, "", "", 0, ""});
  return rows;
}

}  // namespace engine::product
