#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/files.h"

namespace machine::simulated::disk {

// The files that a simulated VM is kept in, below its folder: "<folder>/C/…" is its drive,
// "<folder>/graveyard/…" holds deleted files that a power cut may bring back. Two forms: a folder
// of the host (folder_tree.h), and a value in memory (memory_tree.h). Paths have '/', and case
// matters: NTFS's manners are drive.h's. A call that the file system would refuse throws
// std::filesystem::filesystem_error.
class Tree {
 public:
  struct Entry {
    FileKind kind = FileKind::kFile;  // of the thing itself: a link is not followed
    std::uint64_t size = 0;           // bytes; 0 but for files
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

  // nullopt: nothing there.
  virtual std::optional<Entry> look(const std::string& path) const = 0;
  // Also behind a link.
  virtual bool is_folder(const std::string& path) const = 0;
  // In a folder, sorted bytewise; none where it is not there.
  virtual std::vector<std::string> names(const std::string& folder) const = 0;
  virtual std::string link_target(const std::string& path) const = 0;
  virtual std::string read(const std::string& path) const = 0;
  virtual std::string sha256(const std::string& path) const = 0;
  virtual std::optional<PeVersion> version(const std::string& path) const = 0;
  // Stays with a file through renames; a file made anew has another.
  virtual std::string file_id(const std::string& path) const = 0;
  // By which this process's own libraries open what is at `path`, and copy_in() reads it.
  virtual std::string native_path(const std::string& path) const = 0;

  // Makes or replaces a file.
  virtual void write(const std::string& path, std::string_view content) = 0;
  // Whether `source`, a native path, is a file that can be copied.
  virtual bool is_source(const std::string& source) const = 0;
  // Copies `source` to a new file of at most `room` bytes.
  virtual Copied copy_in(const std::string& source, const std::string& path,
                         std::uint64_t room) = 0;
  virtual void make_folder(const std::string& path) = 0;  // existing is no failure
  virtual void make_link(const std::string& path, const std::string& target) = 0;
  virtual void rename(const std::string& from, const std::string& to) = 0;
  virtual void remove(const std::string& path) = 0;  // a file, a link, an empty folder, nothing
  virtual void remove_all(const std::string& path) = 0;
  virtual void set_readonly(const std::string& path, bool readonly) = 0;
  virtual void resize(const std::string& path, std::uint64_t bytes) = 0;  // what is added is zero
};

// With its parents.
void make_folders(Tree& tree, const std::string& path);

// Whether a file starts like an image that Windows would load.
bool is_image(const Tree& tree, const std::string& path);

}  // namespace machine::simulated::disk
