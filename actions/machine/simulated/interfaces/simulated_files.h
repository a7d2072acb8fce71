#pragma once

#include "actions/machine/files.h"
#include "actions/machine/simulated/interfaces/machine_call.h"

namespace machine::simulated::interfaces {

// files.h over the drive of a simulated VM (drive.h), with NTFS's rules and codes. A file that a
// driver or a running process has loaded can be renamed, but neither overwritten nor deleted.
class SimulatedFiles final : public Files {
 public:
  explicit SimulatedFiles(MachineCallContext& context) : context_(context) {}

  std::optional<FileInfo> stat(std::string_view path) override;
  std::vector<std::string> list(std::string_view folder) override;
  std::string read(std::string_view path, std::uint64_t max_bytes) override;
  std::string sha256(std::string_view path) override;
  std::optional<PeVersion> version(std::string_view path) override;
  std::optional<std::string> other_writer(std::string_view folder,
                                          const std::vector<std::string>& trusted) override;
  void create_folder(std::string_view path) override;
  std::optional<std::string> create_private_folder(std::string_view path) override;
  void remove_folder(std::string_view path) override;
  CopiedFile copy_in(const std::string& host_source, std::string_view target) override;
  void write(std::string_view path, std::string_view content) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view path) override;
  void remove_at_boot(std::string_view path) override;
  void set_readonly(std::string_view path, bool readonly) override;
  void sync(std::span<const std::string> paths) override;
  std::uint64_t free_bytes(std::string_view path) override;
  std::string native_path(std::string_view path) override;

 private:
  MachineCallContext& context_;
};

}  // namespace machine::simulated::interfaces
