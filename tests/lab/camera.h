#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/simulated/memory_vm.h"
#include "tests/lab/folder_watch.h"
#include "tests/lab/vfs_layer.h"

namespace lab {

// Bytes of a file of the host, shared by the photographs that show them.
using Bytes = std::shared_ptr<const std::string>;

struct HostFile {
  Bytes content;
  Bytes durable;  // what a power cut leaves of a file of the journal; nullptr: all of it
  mode_t mode = 0;
  bool operator==(const HostFile& other) const;
};

// What a process leaves that dies at this moment: the machine as it was saved, and the real files:
// the journal's (without -shm) and those in the VM Agent's folders.
struct Photograph {
  machine::simulated::MemoryVm::Value machine;
  std::map<std::string, HostFile> files;  // by path on the host
  std::vector<std::string> folders;       // on the host, each after the one that it is in

  bool operator==(const Photograph& other) const;
  // Equal photographs have equal ones.
  std::size_t fingerprint() const;
  // Whether a power cut may take something.
  bool has_unsynced() const;
};

// Takes photographs of a VM in memory and of folders of the host, and restores them under the same
// paths. From its making on it knows what of the journal's files is synced.
//
// Files are read again when they were changed: hundreds of photographs of one command show mostly
// the same ones.
//
// SQLite's files are read through descriptors that stay open as long as the camera lives: closing
// one would drop the locks that this process's SQLite holds on the file.
class Camera {
 public:
  Camera(machine::simulated::MemoryVm& vm, std::vector<std::filesystem::path> folders);
  Camera(const Camera&) = delete;
  Camera& operator=(const Camera&) = delete;
  ~Camera();

  // Throws std::system_error where something cannot be read.
  Photograph take();
  // The VM and its folders are as in the photograph. The journal is closed. Throws where it fails.
  void restore(const Photograph& photograph);
  // The same where the power went at that moment, but for the machine's boot: un-synced writes to
  // the journal are lost. Seed 0: all, 1: none, any other: a part.
  void restore_without_power(const Photograph& photograph, std::uint64_t seed);
  // What SQLite did to a file of the journal (vfs_layer.h), right after it.
  void tell(const std::string& path, VfsLayer::Done done);

 private:
  struct Descriptor;
  // What is in a folder, by path; `durable` is left out.
  struct Seen {
    std::map<std::string, HostFile> files;
    std::set<std::string> folders;
  };
  void forget_changes();
  void forget(const std::string& folder);
  const Seen& look_into(const std::string& folder);
  // Returns false where there is, or was, a folder.
  bool look_at(const std::string& path, Seen& seen);
  void show(const std::string& folder, Photograph& photograph);
  Bytes read(const std::string& path, const std::string& name);
  Bytes content(const std::string& path, int descriptor);

  machine::simulated::MemoryVm& vm_;
  FolderWatch watch_;
  std::map<std::string, Seen> seen_;  // by folder
  std::vector<std::filesystem::path> folders_;
  std::map<std::pair<dev_t, ino_t>, std::unique_ptr<Descriptor>> open_;
  // The reserve: a megabyte that is always the same, neither read nor written again while it is the
  // file that it was.
  struct Reserve {
    ino_t inode = 0;
    std::int64_t modified_ns = 0;
    Bytes content;
  };
  bool is_as_shown(const std::filesystem::path& path, const Photograph& photograph) const;
  // But for the folders that are kept.
  void empty(const std::filesystem::path& folder, const std::set<std::string>& kept,
             const Photograph& photograph) const;
  bool is_known(const std::string& path, const struct stat& info) const;
  void know(const std::string& path, const Bytes& content);
  std::map<std::string, Reserve> reserves_;
  std::map<std::string, Bytes> last_;     // by path: equal bytes are kept once
  std::map<std::string, Bytes> durable_;  // by path: as last synced, of files written since
};

}  // namespace lab
