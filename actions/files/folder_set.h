#pragma once

#include <map>
#include <string>
#include <vector>

#include "actions/machine/paths.h"

namespace actions::files {

// Folders whose entries were changed, each once whatever its case. An action syncs them after all
// its renames.
class FolderSet {
 public:
  void add(const std::string& folder) { folders_.emplace(machine::fold_case(folder), folder); }
  void remove(const std::string& folder) { folders_.erase(machine::fold_case(folder)); }
  bool contains(const std::string& folder) const {
    return folders_.contains(machine::fold_case(folder));
  }
  bool empty() const { return folders_.empty(); }

  std::vector<std::string> paths() const {
    std::vector<std::string> paths;
    for (const auto& [key, folder] : folders_)
      paths.push_back(folder);
    return paths;
  }

 private:
  std::map<std::string, std::string> folders_;
};

}  // namespace actions::files
