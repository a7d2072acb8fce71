#pragma once

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/disk/unsynced.h"
#include "actions/machine/simulated/state.h"

namespace machine::simulated {

// One process's view of a VM that is kept in a folder that processes share (vm_folder.h), or in
// memory (memory_vm.h).
class VmHome {
 public:
  VmHome() = default;
  VmHome(const VmHome&) = delete;
  VmHome& operator=(const VmHome&) = delete;
  virtual ~VmHome() = default;

  virtual const disk::Drive& drive() const = 0;
  virtual disk::Unsynced& unsynced() = 0;

 protected:
  MachineState state_;  // this process's copy: its clock goes on before it is saved

 private:
  friend class Access;
  // Takes the VM for this process alone, and brings state_ up to date. Throws kUsage if it is no VM
  // any more.
  virtual void enter() = 0;
  virtual void leave() = 0;
  virtual void save() = 0;
};

// Exclusive use of a VM during one call: reads fresh state at the begin, and writes it at the end
// if it was changed.
class Access {
 public:
  explicit Access(VmHome& vm) : vm_(vm) { vm_.enter(); }
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;
  ~Access();

  MachineState& state() { return vm_.state_; }
  void changed() { changed_ = true; }
  VmHome& vm() { return vm_; }

 private:
  VmHome& vm_;
  bool changed_ = false;
};

}  // namespace machine::simulated
