#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "actions/machine/simulated/disk/effects.h"
#include "actions/machine/simulated/disk/folder_tree.h"
#include "actions/machine/simulated/vm_home.h"

namespace machine::simulated {

// The folder of a VM on the host:
//   * C/ is the drive;
//   * machine.json holds everything else (state.h); it is replaced by rename at each change;
//   * unsynced.log, with graveyard/, holds what a power cut may take from the drive (unsynced.h);
//   * machine.lock holds a count of changes; it is locked during each call, so that processes which
//     share the VM lose no update.
// None of these is synced on the host: durability itself is simulated.
class VmFolder final : public VmHome {
 public:
  // Throws kUsage if the folder holds no VM.
  explicit VmFolder(const std::string& folder);
  ~VmFolder() override;

  const std::string& path() const { return path_; }
  const disk::Drive& drive() const override { return drive_; }
  disk::Unsynced& unsynced() override { return unsynced_; }
  const disk::FolderTree& tree() const { return tree_; }
  std::string graveyard() const { return path_ + "/graveyard"; }

 private:
  void enter() override;
  void leave() override;
  void save() override;
  void load_if_changed();
  std::string drive_identity() const { return tree_.identity(drive_.root()); }

  std::string path_;  // absolute
  disk::FolderTree tree_;
  disk::Drive drive_;
  disk::EffectFile effects_;
  disk::Unsynced unsynced_;
  int lock_ = -1;
  // Identifies the machine.json that was read: by the count of changes in machine.lock and, since
  // people edit it by hand, by the file's inode and time.
  std::int64_t generation_ = 0;
  ino_t inode_ = 0;
  std::int64_t modified_ns_ = 0;
};

// Writes a first machine.json. The folder and its C/ exist.
void write_state(const std::string& folder, const MachineState& state);

}  // namespace machine::simulated
