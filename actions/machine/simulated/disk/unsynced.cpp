#include "actions/machine/simulated/disk/unsynced.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace machine::simulated::disk {
namespace {

using Kind = Effect::Kind;

bool is_content(const Effect& effect) { return effect.kind == Kind::kContent; }

}  // namespace

std::string Unsynced::in(const std::string& host) const {
  return drive_.tree().file_id(host.substr(0, host.rfind('/')));
}

std::string Unsynced::host(const std::string& windows_path) const {
  std::string path = windows_path.substr(2);  // behind "C:"
  std::replace(path.begin(), path.end(), '\\', '/');
  return drive_.root() + path;
}

void Unsynced::created(const Place& place) {
  // A new folder is in itself too: syncing it makes its own entry durable.
  Effect effect{place.is_folder() ? Kind::kCreateFolder : Kind::kCreate, place.windows};
  effect.in = {in(place.host), drive_.file_id(place)};
  log_.append(effect);
}

void Unsynced::renamed(const Place& from, const Place& to) {
  Effect effect{Kind::kRename, from.windows, to.windows};
  effect.in = {in(from.host), in(to.host)};
  log_.append(effect);
}

void Unsynced::set_readonly(const Place& place) {
  Effect effect{Kind::kReadonly, place.windows};
  effect.was_readonly = place.is_readonly();
  effect.in = {in(place.host)};
  log_.append(effect);
}

void Unsynced::written(const Place& place) {
  Effect effect{Kind::kContent};
  effect.id = drive_.file_id(place);
  log_.append(effect);
}

void Unsynced::remove(const Place& place) {
  drive_.tree().make_folder(graveyard_);
  Effect effect{Kind::kRemove, place.windows};
  effect.id = drive_.file_id(place);
  effect.in = {in(place.host)};
  log_.append(effect);
  drive_.tree().rename(place.host, grave(effect.id));
}

void Unsynced::remove_folder(const Place& place) {
  Effect effect{Kind::kRemoveFolder, place.windows};
  effect.in = {in(place.host)};
  log_.append(effect);
  drive_.tree().remove(place.host);
}

void Unsynced::sync(const std::vector<Place>& places) {
  const std::vector<Effect> effects = log_.read();
  if (effects.empty()) return;
  std::set<std::string> files;
  std::set<std::string> folders;
  for (const Place& place : places)
    (place.is_folder() ? folders : files).insert(drive_.file_id(place));
  // Behind the last change in one of the folders.
  std::size_t durable = 0;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    for (const std::string& folder : effects[i].in) {
      if (folders.contains(folder)) durable = i + 1;
    }
  }
  std::vector<Effect> kept;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    if (is_content(effects[i])) {
      if (!files.contains(effects[i].id)) kept.push_back(effects[i]);
    } else if (i >= durable) {
      kept.push_back(effects[i]);
    } else if (effects[i].kind == Kind::kRemove) {
      drive_.tree().remove(grave(effects[i].id));
    }
  }
  if (kept.size() != effects.size()) log_.replace(kept);
}

void Unsynced::flush() {
  std::vector<Effect> effects = log_.read();
  if (effects.empty()) return;
  std::erase_if(effects, [](const Effect& effect) { return !is_content(effect); });
  log_.replace(effects);
  drive_.tree().remove_all(graveyard_);
}

void Unsynced::forget_all() {
  log_.replace({});
  drive_.tree().remove_all(graveyard_);
}

// Takes nothing's place.
void Unsynced::move_back(const std::string& from, const std::string& to) const {
  Tree& tree = drive_.tree();
  if (tree.look(from) && !tree.look(to)) tree.rename(from, to);
}

void Unsynced::undo(const Effect& effect) const {
  Tree& tree = drive_.tree();
  const std::string path = host(effect.path);
  try {
    switch (effect.kind) {
      case Kind::kCreate:
      case Kind::kCreateFolder:
        return tree.remove(path);  // a folder that is not empty stays
      case Kind::kRename:
        return move_back(host(effect.to), path);
      case Kind::kRemove:
        return move_back(grave(effect.id), path);
      case Kind::kRemoveFolder:
        return tree.make_folder(path);
      case Kind::kReadonly:
        return tree.set_readonly(path, effect.was_readonly);
      case Kind::kContent:
        return;
    }
  } catch (const std::filesystem::filesystem_error&) {
    // What somebody else changed by hand meanwhile stays as it is.
  }
}

void Unsynced::lose(std::uint64_t seed, std::mt19937_64& random) {
  std::vector<Effect> metadata;
  std::set<std::string> contents;
  for (const Effect& effect : log_.read()) {
    if (is_content(effect)) {
      contents.insert(effect.id);
    } else {
      metadata.push_back(effect);
    }
  }
  std::size_t kept = 0;
  if (seed == 1) kept = metadata.size();
  if (seed > 1) kept = static_cast<std::size_t>(random() % (metadata.size() + 1));
  for (std::size_t i = metadata.size(); i > kept; --i)
    undo(metadata[i - 1]);
  if (seed != 1) lose_content(contents, seed, random);
  forget_all();
}

void Unsynced::lose_content(const std::set<std::string>& ids, std::uint64_t seed,
                            std::mt19937_64& random) const {
  if (ids.empty()) return;
  std::map<std::string, Place> victims;  // by path, so that equal seeds do equal things
  drive_.walk([&](const Place& place) {
    if (place.is_file() && ids.contains(drive_.file_id(place))) victims[place.windows] = place;
  });
  Tree& tree = drive_.tree();
  for (const auto& [path, place] : victims) {
    const std::uint64_t fate = seed == 0 ? 1 : random() % 3;  // kept, truncated, zeroed
    if (fate == 0) continue;
    if (place.is_readonly()) tree.set_readonly(place.host, false);
    tree.resize(place.host, 0);
    if (fate == 2) tree.resize(place.host, place.size());
    if (place.is_readonly()) tree.set_readonly(place.host, true);
  }
}

}  // namespace machine::simulated::disk
