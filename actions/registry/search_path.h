#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"

namespace actions {

// A PATH as text, cut at its semicolons and put together again byte for byte. A semicolon between
// quotes separates nothing, unless a quote is never closed: then quotes mean nothing.
class SearchPath {
 public:
  explicit SearchPath(std::string_view text);
  std::string text() const;

  std::vector<std::string> segments;  // as they stand: quotes, variables, spaces
};

// One folder that may be in a PATH: in whatever case, in quotes or not, with a '\' at its end or
// not, with %ProgramFiles% and the like.
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
  // The value as a before- or after-image, and back.
  Json image() const;
  static std::optional<machine::RegistryValue> captured(const std::string& kind,
                                                        const Json& before);
  // Throws where PATH is no text, naming its type.
  static void check_text(const std::optional<machine::RegistryValue>& value);
  // nullopt removes it. The environment is announced to those who run.
  void put(const std::optional<machine::RegistryValue>& value) const;

 private:
  machine::Machine& machine_;
};

// What somebody else has made of PATH that no undo of a segment can cope with; empty: nothing.
std::string why_beyond_us(const std::optional<machine::RegistryValue>& now);

}  // namespace actions
