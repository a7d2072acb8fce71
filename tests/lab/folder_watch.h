#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

namespace lab {

// Says what was changed in folders of the host, by this process or another: the system tells of
// each change before the call that made it returns. Memory that is mapped from a file is the
// exception.
class FolderWatch {
 public:
  FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;
  ~FolderWatch();

  // From now on changes in this folder are told, not those in the folders that are in it. A folder
  // that is watched already may be added again.
  void add(const std::string& folder);

  // By folder, the names in it that were made, changed or removed since this was asked last; ""
  // among them: the folder itself went. nullopt: the system cannot say, and anything may have
  // changed.
  using Changes = std::map<std::string, std::set<std::string>>;
  std::optional<Changes> changes();

 private:
  int fd_;  // negative: the system has no more of them
  bool misses_some_ = false;
  std::map<int, std::string> folders_;  // by watch
};

}  // namespace lab
