#include "actions/machine/simulated/disk/drive.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "actions/machine/paths.h"

namespace machine::simulated::disk {
namespace {

constexpr std::size_t kMaxComponent = 255;

bool is_reserved(std::string_view component) {
  static constexpr std::array kDevices{"con", "prn", "aux", "nul"};
  const std::string name = fold_case(component.substr(0, component.find('.')));
  if (std::find(kDevices.begin(), kDevices.end(), name) != kDevices.end()) return true;
  return name.size() == 4 && (name.starts_with("com") || name.starts_with("lpt")) &&
         name[3] >= '1' && name[3] <= '9';
}

bool is_valid(std::string_view component) {
  if (component.empty() || component.size() > kMaxComponent) return false;
  if (component.back() == '.' || component.back() == ' ') return false;
  const bool bad_byte = std::any_of(component.begin(), component.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 ||
           std::string_view("<>:\"|?*").find(c) != std::string_view::npos;
  });
  return !bad_byte && !is_reserved(component);
}

std::vector<std::string> components_of(std::string_view relative) {
  std::vector<std::string> components;
  while (!relative.empty()) {
    const std::size_t end = std::min(relative.find_first_of("\\/"), relative.size());
    components.emplace_back(relative.substr(0, end));
    relative.remove_prefix(std::min(end + 1, relative.size()));
  }
  return components;
}

// The name in a folder that equals `name` without case.
std::optional<std::string> name_as_stored(const Tree& tree, const std::string& folder,
                                          const std::string& name) {
  if (tree.look(folder + "/" + name)) return name;  // mostly, and without a listing
  const std::string folded = fold_case(name);
  for (std::string& stored : tree.names(folder))
    if (fold_case(stored) == folded) return std::move(stored);
  return std::nullopt;
}

}  // namespace

Place Drive::find(std::string_view path, const Attempt& attempt) const {
  if (path.size() < 3 || path[1] != ':' || (path[2] != '\\' && path[2] != '/')) {
    attempt.fail(kInvalidName);
  }
  if (path[0] != 'C' && path[0] != 'c') attempt.fail(kPathNotFound);
  const std::vector<std::string> components = components_of(path.substr(3));
  if (!std::all_of(components.begin(), components.end(), is_valid)) attempt.fail(kInvalidName);

  Place place;
  place.windows = "C:";
  place.host = root_;
  for (const std::string& component : components) {
    place.host += "/" + component;
    place.windows += "\\" + component;
  }
  place.entry = tree_->look(place.host);
  place.parent_exists = place.exists();
  if (components.empty()) place.windows = "C:\\";
  if (place.exists()) return place;

  place.windows = "C:";
  place.host = root_;
  bool here = true;  // what was walked so far exists
  for (const std::string& component : components) {
    place.parent_exists = here && tree_->is_folder(place.host);
    const auto stored =
        place.parent_exists ? name_as_stored(*tree_, place.host, component) : std::nullopt;
    here = stored.has_value();
    place.host += "/" + stored.value_or(component);
    place.windows += "\\" + stored.value_or(component);
  }
  if (here) place.entry = tree_->look(place.host);
  return place;
}

Place Drive::find(std::string_view path) const {
  return find(path, Attempt{errors::ExitCode::kGeneric, "find", "CreateFile", path});
}

void Drive::walk(const std::function<void(const Place&)>& visit) const {
  Place root;
  root.windows = "C:";
  root.host = root_;
  walk_folder(root, visit);
}

void Drive::walk_folder(const Place& folder, const std::function<void(const Place&)>& visit) const {
  for (const std::string& name : tree_->names(folder.host)) {
    Place place;
    place.host = folder.host + "/" + name;
    place.windows = folder.windows + "\\" + name;
    place.parent_exists = true;
    place.entry = tree_->look(place.host);
    if (!place.exists()) continue;
    visit(place);
    if (place.is_folder()) walk_folder(place, visit);
  }
}

std::uint64_t Drive::used_bytes() const {
  std::uint64_t total = 0;
  walk([&](const Place& place) { total += place.size(); });
  return total;
}

}  // namespace machine::simulated::disk
