#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/simulated/memory_vm.h"
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
  void restore(const Photograph& photograph) const;
  // The same where the power went at that moment, but for the machine's boot: un-synced writes to
  // the journal are lost. Seed 0: all, 1: none, any other: a part.
  void restore_without_power(const Photograph& photograph, std::uint64_t seed) const;
  // What SQLite did to a file of the journal (vfs_layer.h), right after it.
  void tell(const std::string& path, VfsLayer::Done done);

 private:
  struct Descriptor;
  void look_into(const std::filesystem::path& folder, Photograph& photograph);
  Bytes read(const std::string& path, const std::string& name);
  Bytes content(const std::string& path, int descriptor);

  machine::simulated::MemoryVm& vm_;
  std::vector<std::filesystem::path> folders_;
  std::map<std::pair<dev_t, ino_t>, std::unique_ptr<Descriptor>> open_;
  std::map<std::string, Bytes> last_;     // by path: equal bytes are kept once
  std::map<std::string, Bytes> durable_;  // by path: as last synced, of files written since
  std::string buffer_;
};

}  // namespace lab
