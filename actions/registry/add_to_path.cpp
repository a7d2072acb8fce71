#include "actions/registry/add_to_path.h"

#include <optional>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/registry/registry_image.h"
#include "actions/registry/search_path.h"

namespace actions {
namespace {

using errors::ExitCode;
using machine::RegistryType;
using machine::RegistryValue;

std::string text_of(const std::optional<RegistryValue>& value) { return value ? value->data : ""; }

// "a;b;" has an empty segment at its end, which the folder takes.
bool ends_open(const SearchPath& path) { return path.segments.back().empty(); }

RegistryValue with(const std::optional<RegistryValue>& value, const std::string& folder) {
  SearchPath path(text_of(value));
  if (ends_open(path)) path.segments.pop_back();
  path.segments.push_back(folder);
  return {value ? value->type : RegistryType::kExpandString, path.text()};
}

}  // namespace

AddToPath::AddToPath(std::string folder) : folder_(std::move(folder)) {}

std::unique_ptr<Action> AddToPath::from_parameters(const Json& parameters) {
  return std::make_unique<AddToPath>(
      Fields("parameters of add-to-path", parameters).absolute("folder"));
}

Json AddToPath::parameters() const { return {{"folder", folder_}}; }

std::string AddToPath::sentence() const { return "Add " + folder_ + " to the machine's PATH"; }

std::string AddToPath::undo_sentence() const { return "Take it out of PATH again"; }

Json AddToPath::capture(machine::Machine& machine) const { return MachinePath(machine).image(); }

Json AddToPath::apply(machine::Machine& machine, const Json& /*before*/,
                      Deadline /*deadline*/) const {
  const std::string phrase = "while adding " + folder_ + " to the machine's PATH";
  return in_context(phrase, ExitCode::kGeneric, [&]() -> Json {
    const MachinePath path(machine);
    const auto now = path.get();
    MachinePath::check_text(now);
    if (PathFolder(folder_, machine).is_in(SearchPath(text_of(now))))
      return {{"path", value_image(now)}};
    const RegistryValue added = with(now, folder_);
    path.put(added);
    return {{"path", value_image(added)}};
  });
}

UndoResult AddToPath::undo(machine::Machine& machine, const Json& before_image,
                           const Json& /*after*/, Deadline /*deadline*/) const {
  const std::string phrase = "while taking " + folder_ + " out of the machine's PATH";
  return in_context(phrase, ExitCode::kGeneric, [&] {
    UndoResult result;
    const MachinePath path(machine);
    const PathFolder folder(folder_, machine);
    const auto before = MachinePath::captured("add-to-path", before_image);
    const auto now = path.get();
    const SearchPath earlier(text_of(before));
    const bool added_nothing = folder.is_in(earlier) || (before && !is_text(*before));
    if (now == before || (added_nothing && now && is_text(*now))) return result;
    if (const std::string why = why_beyond_us(now); !why.empty()) {
      result.foreign.push_back(why);
      return result;
    }
    if (now == with(before, folder_)) {
      path.put(before);
      return result;
    }
    SearchPath others(now->data);
    const auto ours = folder.last_in(others);
    if (!ours) return result;
    const bool is_last = *ours + 1 == others.segments.size();
    if (is_last && ends_open(earlier)) {
      others.segments.back().clear();
    } else {
      others.segments.erase(others.segments.begin() + static_cast<std::ptrdiff_t>(*ours));
    }
    const std::string text = others.segments.empty() ? "" : others.text();
    path.put(RegistryValue{now->type, text});
    return result;
  });
}

Probe AddToPath::probe(machine::Machine& machine, const Json& before_image,
                       const Json& after) const {
  return in_context("while reading the machine's PATH", ExitCode::kGeneric, [&] {
    const PathFolder folder(folder_, machine);
    const auto before = MachinePath::captured("add-to-path", before_image);
    const auto now = MachinePath(machine).get();
    const bool was_in = folder.is_in(before);
    if (folder.is_in(now)) return was_in && after.is_null() ? Probe::kBefore : Probe::kAfter;
    if (now == before) return Probe::kBefore;
    return was_in || !now || !is_text(*now) ? Probe::kForeign : Probe::kBefore;
  });
}

}  // namespace actions
