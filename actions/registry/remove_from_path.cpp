#include "actions/registry/remove_from_path.h"

#include <algorithm>
#include <vector>

namespace actions::registry {
namespace {

using machine::RegistryValue;

RegistryValue without(const RegistryValue& value, const PathFolder& folder) {
  SearchPath path(value.data);
  std::erase_if(path.segments, [&](const std::string& segment) { return folder.is(segment); });
  return {value.type, path.text()};
}

// Puts segment `i` of `earlier` into `path`, as near to its place as what is left of its neighbours
// allows.
void put_near(std::vector<std::string>& path, const std::vector<std::string>& earlier,
              std::size_t i) {
  for (std::size_t j = i; j > 0; --j) {
    const auto found = std::ranges::find(path, earlier[j - 1]);
    if (found == path.end()) continue;
    path.insert(found + 1, earlier[i]);
    return;
  }
  for (std::size_t j = i + 1; j < earlier.size(); ++j) {
    const auto found = std::ranges::find(path, earlier[j]);
    if (found == path.end()) continue;
    path.insert(found, earlier[i]);
    return;
  }
  path.push_back(earlier[i]);
}

}  // namespace

Contexts RemoveFromPath::contexts() const {
  return {.capture = reading_path(),
          .apply = {"while taking " + given_.folder + " out of the machine's PATH"},
          .undo = {"while putting " + given_.folder + " back into the machine's PATH"}};
}

PathImage RemoveFromPath::find(Machine& machine) const { return {MachinePath(machine).get()}; }

PathImage RemoveFromPath::change(Machine& machine, const Before&, Deadline) const {
  const MachinePath path(machine);
  const PathFolder folder(given_.folder, machine);
  const auto now = path.get();
  MachinePath::check_text(now);
  if (!folder.is_in(now)) return {now};
  const RegistryValue rest = without(*now, folder);
  path.put(rest);
  return {rest};
}

UndoResult RemoveFromPath::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                     Deadline) const {
  UndoResult result;
  const MachinePath path(machine);
  const PathFolder folder(given_.folder, machine);
  const auto now = path.get();
  if (now == before.path || !folder.is_in(before.path) || folder.is_in(now)) return result;
  if (const std::string why = why_beyond_us(now); !why.empty()) {
    result.foreign.push_back(why);
    return result;
  }
  if (now == without(*before.path, folder)) {
    path.put(before.path);
    return result;
  }
  const SearchPath earlier(before.path->data);
  SearchPath others(now->data);
  for (std::size_t i = 0; i < earlier.segments.size(); ++i) {
    if (folder.is(earlier.segments[i])) put_near(others.segments, earlier.segments, i);
  }
  path.put(RegistryValue{now->type, others.text()});
  return result;
}

Probe RemoveFromPath::compare(Machine& machine, const Before& before,
                              const AfterIfKnown& after) const {
  const PathFolder folder(given_.folder, machine);
  const auto now = MachinePath(machine).get();
  const bool was_in = folder.is_in(before.path);
  if (folder.is_in(now)) return was_in ? Probe::kBefore : Probe::kForeign;
  const bool is_changed = now.has_value() != before.path.has_value() || (now && !is_text(*now));
  if (is_changed && now != before.path) return Probe::kForeign;
  return was_in || after ? Probe::kAfter : Probe::kBefore;
}

}  // namespace actions::registry
