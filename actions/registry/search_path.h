#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/context.h"
#include "actions/machine/machine.h"
#include "actions/registry/registry_image.h"

namespace actions::registry {

// The parameters of the kinds that change PATH.
struct FolderOfPath {
  std::string folder;
  static void describe(auto& self, auto& visit) {
    visit.required("folder", self.folder, Text::kAbsolute);
  }
};

// The machine's PATH in a before- or after-image; nullopt: there is none.
struct PathImage {
  std::optional<machine::RegistryValue> path;
  static void describe(auto& self, auto& visit) { visit.nullable("path", self.path); }
};

// A PATH as text, cut at its semicolons and put together again byte for byte. A semicolon between
// quotes separates nothing, unless a quote is never closed: then quotes mean nothing.
class SearchPath {
 public:
  explicit SearchPath(std::string_view text);
  std::string text() const;

  std::vector<std::string> segments;  // as they stand: quotes, variables, spaces
};

// A folder that may be in a PATH: in whatever case, in quotes or not, with a '\' at its end or not,
// with %ProgramFiles% and the like.
class PathFolder {
 public:
  PathFolder(std::string_view folder, machine::Machine& machine);

  bool is(std::string_view segment) const;
  bool is_in(const SearchPath& path) const;
  // In a PATH as the registry has it; false where there is none, or it is no text.
  bool is_in(const std::optional<machine::RegistryValue>& path) const;
  std::optional<std::size_t> last_in(const SearchPath& path) const;

 private:
  std::string plain(std::string_view segment) const;

  std::string system_root_;
  std::string program_files_;
  std::string program_data_;
  std::string folder_;  // plain
};

// The machine's PATH, raw: never expanded, its type kept (PS-51: .NET expands its variables and
// turns REG_EXPAND_SZ into REG_SZ).
class MachinePath {
 public:
  explicit MachinePath(machine::Machine& machine) : machine_(machine) {}

  std::optional<machine::RegistryValue> get() const;
  // Throws where PATH is no text, naming its type.
  static void check_text(const std::optional<machine::RegistryValue>& value);
  // nullopt removes it. Announces the environment to the programs that run.
  void put(const std::optional<machine::RegistryValue>& value) const;

 private:
  machine::Machine& machine_;
};

// What the kinds that change PATH do when they only read it.
Context reading_path();

// Why no undo of a segment can cope with what somebody else has made of PATH; empty: it can.
std::string why_beyond_us(const std::optional<machine::RegistryValue>& now);

}  // namespace actions::registry
