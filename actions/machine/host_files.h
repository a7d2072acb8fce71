#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/files.h"

namespace machine {

// Files of the process's own file system: the package and the folders that HandlerEnvironment.json
// names. On Windows they are the machine's own; beside the simulated machine they are the host's.
// Paths are UTF-8, in the host's form.
class HostFiles {
 public:
  HostFiles() = default;
  HostFiles(const HostFiles&) = delete;
  HostFiles& operator=(const HostFiles&) = delete;
  virtual ~HostFiles() = default;

  // Returns nullopt if nothing is there. Links are reported as kLink, not followed. `id` is empty.
  virtual std::optional<FileInfo> stat(const std::string& path) = 0;
  // Names, sorted bytewise. A missing folder is a Failure.
  virtual std::vector<std::string> list(const std::string& folder) = 0;
  // The whole content; larger than max_bytes is a Failure.
  virtual std::string read(const std::string& path, std::uint64_t max_bytes) = 0;
  virtual std::string sha256(const std::string& path) = 0;
  virtual std::optional<PeVersion> version(const std::string& path) = 0;
  // Writes and syncs a temporary file in `scratch_folder` (same volume), renames it over `path` and
  // syncs the folder: readers see the old content or the new one. The VM Agent deletes temporary
  // files in some of its folders, hence the separate scratch folder. A link at either path is
  // replaced, never followed.
  virtual void replace(const std::string& path, std::string_view content,
                       const std::string& scratch_folder) = 0;
  // A file; a link is removed and not followed. One that is absent is success.
  virtual void remove(const std::string& path) = 0;
  // Parents must exist; an existing folder is success.
  virtual void create_folder(const std::string& path) = 0;
  // Makes a file in this folder and removes it again. Throws with the reason if that fails.
  virtual void check_writable(const std::string& folder) = 0;
};

}  // namespace machine
