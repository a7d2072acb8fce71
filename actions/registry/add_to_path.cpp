#include "actions/registry/add_to_path.h"

#include "errors/failure.h"
#include "text/utf16.h"

namespace actions::registry {
namespace {

using machine::RegistryType;
using machine::RegistryValue;

// The longest value of an environment variable: learn.microsoft.com, SetEnvironmentVariable.
constexpr std::size_t kMaxPath = 32'766;

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

Contexts AddToPath::contexts() const {
  return {.capture = reading_path(),
          .apply = {"while adding " + given_.folder + " to the machine's PATH"},
          .undo = {"while taking " + given_.folder + " out of the machine's PATH"}};
}

PathImage AddToPath::find(Machine& machine) const { return {MachinePath(machine).get()}; }

PathImage AddToPath::change(Machine& machine, const Before&, Deadline) const {
  const MachinePath path(machine);
  const auto now = path.get();
  MachinePath::check_text(now);
  if (PathFolder(given_.folder, machine).is_in(SearchPath(text_of(now)))) return {now};
  const RegistryValue added = with(now, given_.folder);
  if (text::utf16_length(added.data) > kMaxPath) {
    throw errors::Failure(errors::ExitCode::kGeneric, given_.folder,
                          "add " + given_.folder +
                              " to the machine's PATH: it would be longer than " +
                              std::to_string(kMaxPath) + " characters")
        .advise("Shorten the machine's PATH,");
  }
  path.put(added);
  return {added};
}

UndoResult AddToPath::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                Deadline) const {
  UndoResult result;
  const MachinePath path(machine);
  const PathFolder folder(given_.folder, machine);
  const auto now = path.get();
  const SearchPath earlier(text_of(before.path));
  const bool added_nothing = folder.is_in(earlier) || (before.path && !is_text(*before.path));
  if (now == before.path || (added_nothing && now && is_text(*now))) return result;
  if (const std::string why = why_beyond_us(now); !why.empty()) {
    result.foreign.push_back(why);
    return result;
  }
  if (now == with(before.path, given_.folder)) {
    path.put(before.path);
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
}

Probe AddToPath::compare(Machine& machine, const Before& before, const AfterIfKnown& after) const {
  const PathFolder folder(given_.folder, machine);
  const auto now = MachinePath(machine).get();
  const bool was_in = folder.is_in(before.path);
  if (folder.is_in(now)) return was_in && !after ? Probe::kBefore : Probe::kAfter;
  if (now == before.path) return Probe::kBefore;
  return was_in || !now || !is_text(*now) ? Probe::kForeign : Probe::kBefore;
}

}  // namespace actions::registry
