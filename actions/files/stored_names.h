#pragma once

#include <map>
#include <string>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"

namespace actions::files {

// File names with the case that they have on disk. A path says "EbpfCore.sys" where an earlier
// release left "eBPFCore.sys"; moving the old file back must give it its own name again. Lists each
// folder once.
class StoredNames {
 public:
  explicit StoredNames(machine::Files& files) : files_(files) {}

  // The stored name of the existing file `path`.
  std::string of(const std::string& path) {
    const std::string folder = machine::parent(path);
    const std::string asked = machine::file_name(path);
    auto [listed, is_new] = listed_.try_emplace(machine::fold_case(folder));
    if (is_new) {
      for (const std::string& name : files_.list(folder)) {
        listed->second.emplace(machine::fold_case(name), name);
      }
    }
    const auto found = listed->second.find(machine::fold_case(asked));
    return found == listed->second.end() ? asked : found->second;
  }

 private:
  machine::Files& files_;
  std::map<std::string, std::map<std::string, std::string>> listed_;
};

}  // namespace actions::files
