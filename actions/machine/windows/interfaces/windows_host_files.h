#pragma once

#include "actions/machine/host_files.h"
#include "actions/machine/windows/interfaces/windows_files.h"

namespace machine::windows::interfaces {

// The package and the VM Agent's folders: on Windows, ordinary files.
class WindowsHostFiles final : public HostFiles {
 public:
  std::optional<FileInfo> stat(const std::string& path) override;
  std::vector<std::string> list(const std::string& folder) override;
  std::string read(const std::string& path, std::uint64_t max_bytes) override;
  std::string sha256(const std::string& path) override;
  std::optional<PeVersion> version(const std::string& path) override;
  // A reader of the old file keeps it from being replaced: tries for two seconds.
  void replace(const std::string& path, std::string_view content,
               const std::string& scratch_folder) override;
  void remove(const std::string& path) override;
  void create_folder(const std::string& path) override;
  void check_writable(const std::string& folder) override;

 private:
  WindowsFiles files_;
};

}  // namespace machine::windows::interfaces
