#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "actions/machine/files.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated {

// Where a Windows path leads on the host.
struct Place {
  std::string windows;  // absolute, '\' separated, with the names as stored as far as they exist
  std::string host;
  bool parent_exists = false;
  bool exists = false;
  struct stat info = {};  // of the thing itself: a link is not followed

  bool is_folder() const { return exists && S_ISDIR(info.st_mode); }
  bool is_link() const { return exists && S_ISLNK(info.st_mode); }
  bool is_file() const { return exists && !is_folder() && !is_link(); }
  bool is_readonly() const { return exists && (info.st_mode & S_IWUSR) == 0; }
  std::uint64_t size() const { return is_file() ? static_cast<std::uint64_t>(info.st_size) : 0; }
};

// The drive C: of a simulated VM: a folder of the host with NTFS's manners. Names keep their case
// and are found without it; the read-only attribute is the owner's write bit; a symbolic link is a
// reparse point.
//
// File ids live in an extended attribute beside the inode's number and birth, for which they were
// given: so they survive renames, also by hand, a file made anew gets another one, and so does a
// copy of a file. In a copy of the whole VM
// (`cp -a`) every inode is new: adopt_copy() then takes the ids as they are. On a host without such
// attributes ids hold as long as the VM is not copied.
class Drive {
 public:
  explicit Drive(std::string host_root) : root_(std::move(host_root)) {}

  const std::string& root() const { return root_; }

  // Fails with 123 for what cannot be a path, with 3 for another drive. Missing things are no
  // failure.
  Place find(std::string_view path, const Attempt& attempt) const;
  // For paths of our own making.
  Place find(std::string_view path) const;
  std::string file_id(const Place& place) const { return file_id(place.host); }
  std::string file_id(const std::string& host) const;

  // Calls with every file, link and folder below the drive, in no order.
  void walk(const std::function<void(const Place&)>& visit) const;
  // Of all files together.
  std::uint64_t used_bytes() const;

  // Of the drive's folder on the host.
  std::string identity() const;
  void adopt_copy() const;
  // Gives a file an id of another drive, of which this one is becoming a copy.
  void take_id(const std::string& id, const Place& place) const;

 private:
  std::string root_;
};

// Whether the file starts like an image that Windows would load.
bool is_image(const std::string& host);

}  // namespace machine::simulated
