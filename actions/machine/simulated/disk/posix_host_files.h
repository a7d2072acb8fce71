#pragma once

#include "actions/machine/host_files.h"

namespace machine::simulated::disk {

// The host's own files, which do not lie on the simulated drive: the package and the VM Agent's
// folders. They are real, and really synced; SystemError carries errno.
class PosixHostFiles final : public HostFiles {
 public:
  std::optional<FileInfo> stat(const std::string& path) override;
  std::vector<std::string> list(const std::string& folder) override;
  std::string read(const std::string& path, std::uint64_t max_bytes) override;
  std::string sha256(const std::string& path) override;
  std::optional<PeVersion> version(const std::string& path) override;
  void replace(const std::string& path, std::string_view content,
               const std::string& scratch_folder) override;
  void remove(const std::string& path) override;
  void create_folder(const std::string& path) override;
  void check_writable(const std::string& folder) override;
};

// The SHA-256 of a file (constant memory), and its bytes. Both throw Failure like the machine's
// interfaces.
std::string sha256_of_host_file(const std::string& path);
std::string read_host_file(const std::string& path);

}  // namespace machine::simulated::disk
