#include "engine/support/file_health.h"

#include <algorithm>
#include <set>

#include "actions/files/file_tree.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "actions/registry/boot_queue.h"
#include "engine/product/extras.h"
#include "engine/product/places.h"
#include "engine/product/policy.h"
#include "text/printable.h"

namespace engine::support {
namespace {

std::string folder_of(const Scene& scene) {
  const std::string& folder = scene.installation.install_folder;
  return folder.empty() ? product::default_install_folder(scene.machine) : folder;
}

// "drivers\EbpfCore.sys" for a file in the install folder.
std::string short_name(const std::string& path, const std::string& folder) {
  const bool within = machine::is_within(path, folder) && path.size() > folder.size();
  return text::printable(within ? path.substr(folder.size() + 1) : path);
}

struct Damage {
  std::vector<std::string> missing;
  std::vector<std::string> changed;
};

// Always by the bytes: what was written over in place has the id and perhaps the size of ours.
void compare(machine::Machine& machine, const journal::Owned& owned, const std::string& name,
             Damage& damage) {
  const auto info = machine.files().stat(owned.name);
  if (!info) {
    damage.missing.push_back(name);
  } else if (info->kind != machine::FileKind::kFile ||
             static_cast<std::int64_t>(info->size) != owned.size ||
             machine.files().sha256(owned.name) != owned.sha256) {
    damage.changed.push_back(name);
  }
}

void tell_damage(const Scene& scene, const std::vector<std::string>& files, const std::string& what,
                 const Area& area) {
  constexpr std::size_t kEach = 4;
  if (files.empty()) return;
  const std::string of = " (of eBPF " + scene.installation.settled_version + ")";
  const auto tell = [&](const std::string& object, const std::string& text) {
    if (scene.between().empty()) {
      area.trouble(object, text, scene.mend);
    } else {
      area.note(object, text + std::string(scene.between()));
    }
  };
  if (files.size() > kEach)
    return tell(counted(files.size(), "file"), what + of + ": " + some_of(files));
  for (const std::string& file : files)
    tell(file, what + of);
}

std::string_view whose(const journal::Owned& owned) {
  if (!owned.origin) return "ours";
  if (*owned.origin == journal::kAdopted) return "adopted";
  return *owned.origin == journal::kOfMsi ? "of a Windows Installer product" : "of others";
}

void check_owned(const Scene& scene, const std::string& folder, const Area& area) {
  const bool replaced = scene.seen && scene.seen->to_be.files.empty();
  Damage damage;
  std::size_t count = 0;
  std::set<std::string_view> origins;
  for (const journal::Owned& owned : scene.installation.owned) {
    if (owned.kind != "file") continue;
    ++count;
    origins.insert(whose(owned));
    if (replaced) continue;
    const std::string name = short_name(owned.name, folder);
    area.look(name, [&] { compare(scene.machine, owned, name, damage); });
  }
  if (count == 0) return;
  if (replaced)
    return area.note(folder,
                     "a newer eBPF of somebody else is in the place of ours: its files are "
                     "not compared");
  tell_damage(scene, damage.missing, "is missing", area);
  tell_damage(scene, damage.changed, "is not as it was left", area);
  const std::size_t bad = damage.missing.size() + damage.changed.size();
  std::vector<std::string> words(origins.begin(), origins.end());
  const std::string all = counted(count, "file") + " (" + some_of(words) + ")";
  if (bad == 0) area.ok(folder, all + ", each as it was left");
}

void check_foreign(const Scene& scene, const std::string& folder, const Area& area) {
  std::set<std::string> ours;
  for (const journal::Owned& owned : scene.installation.owned)
    ours.insert(machine::fold_case(owned.name));
  std::vector<std::string> foreign;
  const auto tree = actions::files::FileTree::below(scene.machine.files(), folder);
  for (const auto& file : tree.files) {
    if (!ours.contains(machine::fold_case(file.path)))
      foreign.push_back(short_name(file.path, folder));
  }
  for (const std::string& link : tree.links)
    foreign.push_back(short_name(link, folder));
  if (foreign.empty()) return;
  if (!scene.is_settled())
    return area.note(folder, counted(foreign.size(), "file") + " of others: " + some_of(foreign));
  const std::string text = counted(foreign.size(), "foreign file") + ": " + some_of(foreign);
  if (!scene.between().empty()) return area.note(folder, text + std::string(scene.between()));
  area.note(
      folder, text,
      {"No command touches them. See what they are:", command_on("cmd /c dir /s /a", folder)});
}

void check_writers(const Scene& scene, const std::string& folder, const Area& area) {
  const auto writer = product::other_writer(scene.machine, folder);
  if (!writer) return;
  area.trouble(folder,
               text::printable(*writer) +
                   " can change what is there, or replace the folder: install and update are "
                   "refused (1111)",
               {"Take that access away, or name who has it in the registry value " +
                    std::string(product::kPolicyKey) + "\\" +
                    std::string(product::kTrustedWritersValue) + ":",
                command_on("icacls", folder)});
}

void check_queue(const Scene& scene, const std::string& folder, const Area& area) {
  std::vector<std::string> ours;
  if (scene.seen) {
    for (const std::string& path : scene.seen->queued)
      ours.push_back(short_name(path, folder));
  }
  if (!ours.empty()) {
    area.trouble("the next boot",
                 "would delete or move " + some_of(ours) + ", which somebody has queued",
                 scene.mend);
  }
  std::size_t left = 0;
  const std::string data = product::data_folder(scene.machine);
  for (const auto& value : actions::registry::boot_queues(scene.machine).values) {
    for (const auto& operation : actions::registry::operations_of(value)) {
      const std::size_t drive = operation.source.find(R"(\??\)");
      if (drive == std::string::npos) continue;
      const std::string path = operation.source.substr(drive + 4);
      if (machine::is_within(path, data)) ++left;
    }
  }
  if (left != 0)
    area.note("the next boot", "deletes " + counted(left, "leftover") + " of ours in " + data);
  if (ours.empty() && left == 0) area.ok("the next boot", "nothing of ours waits for it");
}

}  // namespace

void check_files(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "files");
  area.look("the install folder", [&] {
    const std::string folder = folder_of(scene);
    const auto there = scene.machine.files().stat(folder);
    if (scene.is_settled()) check_owned(scene, folder, area);
    if (!there) return;
    area.look(folder, [&] { check_foreign(scene, folder, area); });
    area.look(folder, [&] { check_writers(scene, folder, area); });
  });
  area.look("the next boot", [&] { check_queue(scene, folder_of(scene), area); });
}

namespace {

// Why the newest step that was to put the extra in place was given up; "": it was not.
std::string why_given_up(const journal::Records* records, const product::ExtraAt& at) {
  if (records == nullptr) return "";
  for (auto transaction = records->newest_transaction(); transaction;
       transaction = records->transaction_before(transaction->id)) {
    for (const journal::Step& step : records->steps(transaction->id)) {
      if (step.kind != at.extra->made_by || !machine::equal_paths(step.target, at.object)) continue;
      return step.error.is_object() ? ". " + errors::Failure::from_json(step.error).message() : "";
    }
  }
  return "";
}

void check_extra(const Scene& scene, const product::ExtraAt& at, Drifts& drifts, const Area& area) {
  const std::string object(at.extra->row);
  const std::string drifted = drifts.tell(at.object);
  const bool there = product::is_there(scene.machine, at);
  const std::string text = at.object + (there ? "" : " is missing");
  if (!there && !scene.between().empty())
    return area.note(object, text + drifted + std::string(scene.between()));
  if (!there) {
    return area.trouble(object, text + drifted + why_given_up(scene.records, at), scene.mend);
  }
  const auto task =
      at.is(product::ExtraKind::kTask) ? scene.machine.tasks().get(at.object) : std::nullopt;
  if (task && !task->enabled) {
    return area.trouble(object, at.object + " is disabled" + drifted,
                        {"Enable it:", {"schtasks /Change /TN \"" + at.object + "\" /ENABLE"}});
  }
  if (!drifted.empty()) return area.note(object, text + drifted);
  area.ok(object, text);
}

}  // namespace

void check_extras(const Scene& scene, Drifts& drifts, Checkup& checkup) {
  const Area area(checkup, "extras");
  for (const product::ExtraAt& at : product::extras_of(scene.installation))
    area.look(std::string(at.extra->row), [&] { check_extra(scene, at, drifts, area); });
}

}  // namespace engine::support
