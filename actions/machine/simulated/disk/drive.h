#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/simulated/disk/tree.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated::disk {

// The place in the tree to which a Windows path leads.
struct Place {
  std::string windows;  // absolute, '\' separated; existing parts in their stored spelling
  std::string host;     // its path in the tree
  bool parent_exists = false;
  std::optional<Tree::Entry> entry;  // nullopt: nothing there

  bool exists() const { return entry.has_value(); }
  bool is_folder() const { return exists() && entry->kind == FileKind::kFolder; }
  bool is_link() const { return exists() && entry->kind == FileKind::kLink; }
  bool is_file() const { return exists() && entry->kind == FileKind::kFile; }
  bool is_readonly() const { return exists() && entry->readonly; }
  std::uint64_t size() const { return exists() ? entry->size : 0; }
};

// The drive C: of a simulated VM: a tree with NTFS's rules. Names keep their case and are found
// without it.
class Drive {
 public:
  // `root`: the drive's path in the tree. The tree must outlive the drive.
  Drive(Tree& tree, std::string root) : tree_(&tree), root_(std::move(root)) {}

  Tree& tree() const { return *tree_; }
  const std::string& root() const { return root_; }

  // Fails with 123 for a text that is no path, with 3 for another drive. A missing file is no
  // failure.
  Place find(std::string_view path, const Attempt& attempt) const;
  // The same for a path of this machine's own, which is valid.
  Place find(std::string_view path) const;
  std::string file_id(const Place& place) const { return tree_->file_id(place.host); }

  // Calls `visit` with every file, link and folder below the drive, in no order.
  void walk(const std::function<void(const Place&)>& visit) const;
  // The size of all files together.
  std::uint64_t used_bytes() const;

 private:
  void walk_folder(const Place& folder, const std::function<void(const Place&)>& visit) const;

  Tree* tree_;
  std::string root_;
};

}  // namespace machine::simulated::disk
