#pragma once

#include "actions/machine/host_files.h"

namespace package {

// The files of this process for a tool that has no machine: ebpf-package reads payloads and
// packages through the same interface as the handler does. Only reads: the three calls that change
// throw.
class DiskFiles final : public machine::HostFiles {
 public:
  std::optional<machine::FileInfo> stat(const std::string& path) override;
  std::vector<std::string> list(const std::string& folder) override;
  std::string read(const std::string& path, std::uint64_t max_bytes) override;
  std::string sha256(const std::string& path) override;
  std::optional<actions::PeVersion> version(const std::string& path) override;
  void replace(const std::string& path, std::string_view content,
               const std::string& scratch_folder) override;
  void create_folder(const std::string& path) override;
  void check_writable(const std::string& folder) override;
};

}  // namespace package
