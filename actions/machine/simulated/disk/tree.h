#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/files.h"

namespace machine::simulated::disk {

// The files of a simulated VM, below its folder: "<folder>/C/…" is its drive,
// "<folder>/graveyard/…" holds deleted files that a power cut may bring back. Two forms: a folder
// of the host (folder_tree.h), and a value in memory (memory_tree.h). Paths have '/', and case
// matters: drive.h adds NTFS's rules. A call that the file system would refuse throws
// std::filesystem::filesystem_error.
class Tree {
 public:
  struct Entry {
    FileKind kind = FileKind::kFile;  // links are not followed
    std::uint64_t size = 0;           // bytes; 0 for folders and links
    bool readonly = false;
  };
  struct Copied {
    std::uint64_t size = 0;
    std::string sha256;
    bool full = false;    // there was not enough room; nothing is left
    bool failed = false;  // reading or writing failed; nothing is left
  };

  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  virtual ~Tree() = default;

  // Returns nullopt if nothing is there.
  virtual std::optional<Entry> look(const std::string& path) const = 0;
  // Follows links.
  virtual bool is_folder(const std::string& path) const = 0;
  // The names in a folder, sorted bytewise; none if the folder is missing.
  virtual std::vector<std::string> names(const std::string& folder) const = 0;
  virtual std::string link_target(const std::string& path) const = 0;
  virtual std::string read(const std::string& path) const = 0;
  virtual std::string sha256(const std::string& path) const = 0;
  virtual std::optional<PeVersion> version(const std::string& path) const = 0;
  // Stays with a file through renames; a new file has another.
  virtual std::string file_id(const std::string& path) const = 0;
  // The path by which this process's own libraries open the file, and copy_in() reads it.
  virtual std::string native_path(const std::string& path) const = 0;

  // Makes or replaces a file.
  virtual void write(const std::string& path, std::string_view content) = 0;
  // Returns true if `source`, a native path, is a file that can be copied.
  virtual bool is_source(const std::string& source) const = 0;
  // Copies `source` to a new file of at most `room` bytes.
  virtual Copied copy_in(const std::string& source, const std::string& path,
                         std::uint64_t room) = 0;
  virtual void make_folder(const std::string& path) = 0;  // an existing folder is no failure
  virtual void make_link(const std::string& path, const std::string& target) = 0;
  virtual void rename(const std::string& from, const std::string& to) = 0;
  virtual void remove(const std::string& path) = 0;  // a file, a link, an empty folder, nothing
  virtual void remove_all(const std::string& path) = 0;
  virtual void set_readonly(const std::string& path, bool readonly) = 0;
  virtual void resize(const std::string& path, std::uint64_t bytes) = 0;  // added bytes are zero
};

// Makes a folder with its parents.
void make_folders(Tree& tree, const std::string& path);

// Returns true if a file starts like an image that Windows would load.
bool is_image(const Tree& tree, const std::string& path);

}  // namespace machine::simulated::disk
