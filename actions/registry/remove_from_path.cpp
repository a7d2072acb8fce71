#include "actions/registry/remove_from_path.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/registry/registry_image.h"
#include "actions/registry/search_path.h"

namespace actions {
namespace {

using errors::ExitCode;
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

RemoveFromPath::RemoveFromPath(std::string folder) : folder_(std::move(folder)) {}

std::unique_ptr<Action> RemoveFromPath::from_parameters(const Json& parameters) {
  return std::make_unique<RemoveFromPath>(
      Fields("parameters of remove-from-path", parameters).absolute("folder"));
}

Json RemoveFromPath::parameters() const { return {{"folder", folder_}}; }

std::string RemoveFromPath::sentence() const {
  return "Take " + folder_ + " out of the machine's PATH";
}

std::string RemoveFromPath::undo_sentence() const { return "Put it back to its place in PATH"; }

Json RemoveFromPath::capture(machine::Machine& machine) const {
  return MachinePath(machine).image();
}

Json RemoveFromPath::apply(machine::Machine& machine, const Json& /*before*/,
                           Deadline /*deadline*/) const {
  const std::string phrase = "while taking " + folder_ + " out of the machine's PATH";
  return in_context(phrase, ExitCode::kGeneric, [&]() -> Json {
    const MachinePath path(machine);
    const PathFolder folder(folder_, machine);
    const auto now = path.get();
    MachinePath::check_text(now);
    if (!folder.is_in(now)) return {{"path", value_image(now)}};
    const RegistryValue rest = without(*now, folder);
    path.put(rest);
    return {{"path", value_image(rest)}};
  });
}

UndoResult RemoveFromPath::undo(machine::Machine& machine, const Json& before_image,
                                const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while putting " + folder_ + " back into the machine's PATH";
  return in_context(phrase, ExitCode::kGeneric, [&] {
    UndoResult result;
    const MachinePath path(machine);
    const PathFolder folder(folder_, machine);
    const auto before = MachinePath::captured("remove-from-path", before_image);
    const auto now = path.get();
    if (now == before || !folder.is_in(before) || folder.is_in(now)) return result;
    if (const std::string why = why_beyond_us(now); !why.empty()) {
      result.foreign.push_back(why);
      return result;
    }
    if (now == without(*before, folder)) {
      path.put(before);
      return result;
    }
    const SearchPath earlier(before->data);
    SearchPath others(now->data);
    for (std::size_t i = 0; i < earlier.segments.size(); ++i) {
      if (folder.is(earlier.segments[i])) put_near(others.segments, earlier.segments, i);
    }
    path.put(RegistryValue{now->type, others.text()});
    return result;
  });
}

Probe RemoveFromPath::probe(machine::Machine& machine, const Json& before_image,
                            const Json& after) const {
  return in_context("while reading the machine's PATH", ExitCode::kGeneric, [&] {
    const PathFolder folder(folder_, machine);
    const auto before = MachinePath::captured("remove-from-path", before_image);
    const auto now = MachinePath(machine).get();
    const bool was_in = folder.is_in(before);
    if (folder.is_in(now)) return was_in ? Probe::kBefore : Probe::kForeign;
    const bool is_changed = now.has_value() != before.has_value() || (now && !is_text(*now));
    if (is_changed && now != before) return Probe::kForeign;
    return was_in || !after.is_null() ? Probe::kAfter : Probe::kBefore;
  });
}

}  // namespace actions
