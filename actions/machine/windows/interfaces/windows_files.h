#pragma once

#include "actions/machine/files.h"

namespace machine::windows::interfaces {

// Files over Win32. Links are never followed: a read or write through a link fails with 1920. A
// file that others have open without sharing it is tried for a second (kSharingPatienceMs). Ids are
// FILE_ID_INFO's, which NTFS and ReFS never give twice.
class WindowsFiles final : public Files {
 public:
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
};

}  // namespace machine::windows::interfaces
