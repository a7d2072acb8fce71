#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "actions/machine/simulated/drive.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// The folder of a VM on the host:
//   C/             the drive
//   machine.json   everything else (state.h); replaced by rename at each change
//   unsynced.log   what a power cut may take from the drive (unsynced.h), with graveyard/
//   machine.lock   a count of changes; locked during each call, so that processes which share the
//   VM lose no update
// Nothing of it is synced on the host: durability itself is simulated.
class VmFolder {
 public:
  // Throws kUsage where the folder holds no VM.
  explicit VmFolder(const std::string& folder);
  VmFolder(const VmFolder&) = delete;
  VmFolder& operator=(const VmFolder&) = delete;
  ~VmFolder();

  const std::string& path() const { return path_; }
  Drive& drive() { return drive_; }

 private:
  friend class Access;
  void load_if_changed();
  void save();

  std::string path_;  // absolute
  Drive drive_;
  int lock_ = -1;
  MachineState state_;
  // Which machine.json state_ is: the count of changes that machine.lock holds, and, for those who
  // edit it by hand, the file.
  std::int64_t generation_ = 0;
  ino_t inode_ = 0;
  std::int64_t modified_ns_ = 0;
};

// Exclusive use of a VM for the length of one call: fresh state on entry; written on leaving if it
// was changed.
class Access {
 public:
  explicit Access(VmFolder& vm);
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  ~Access();

  MachineState& state() { return vm_.state_; }
  void changed() { changed_ = true; }
  VmFolder& vm() { return vm_; }

 private:
  VmFolder& vm_;
  bool changed_ = false;
};

// Writes a first machine.json. The folder and its C/ exist.
void write_state(const std::string& folder, const MachineState& state);

}  // namespace machine::simulated
