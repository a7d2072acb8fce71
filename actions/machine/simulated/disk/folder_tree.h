#pragma once

#include "actions/machine/simulated/disk/tree.h"

namespace machine::simulated::disk {

// A tree that is a folder of the host. The read-only attribute is the owner's write bit; a symbolic
// link is a reparse point.
//
// A file id lives in an extended attribute, together with the number and birth of the inode for
// which it was given. So it survives renames, also by hand; a new file gets another id, and so does
// a copy of a file. In a copy of the whole VM (`cp -a`) every inode is new: adopt_copy() then
// accepts the stored ids. On a host without such attributes ids hold until the VM is copied.
class FolderTree final : public Tree {
 public:
  std::optional<Entry> look(const std::string& path) const override;
  bool is_folder(const std::string& path) const override;
  std::vector<std::string> names(const std::string& folder) const override;
  std::string link_target(const std::string& path) const override;
  std::string read(const std::string& path) const override;
  std::string sha256(const std::string& path) const override;
  std::optional<PeVersion> version(const std::string& path) const override;
  std::string file_id(const std::string& path) const override;
  std::string native_path(const std::string& path) const override { return path; }
  void write(const std::string& path, std::string_view content) override;
  bool is_source(const std::string& source) const override;
  Copied copy_in(const std::string& source, const std::string& path, std::uint64_t room) override;
  void make_folder(const std::string& path) override;
  void make_link(const std::string& path, const std::string& target) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  void remove_all(const std::string& path) override;
  void set_readonly(const std::string& path, bool readonly) override;
  void resize(const std::string& path, std::uint64_t bytes) override;

  // The identity of a folder on the host, which differs in a copy.
  std::string identity(const std::string& path) const;
  // Accepts the id that is stored at `path` although the inode differs.
  void adopt_copy(const std::string& path) const;
  // Gives a file the id that it has in another tree, of which this tree becomes a copy.
  void take_id(const std::string& id, const std::string& path) const;
};

}  // namespace machine::simulated::disk
