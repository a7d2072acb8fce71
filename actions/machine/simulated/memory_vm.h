#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actions/machine/simulated/disk/effects.h"
#include "actions/machine/simulated/disk/memory_tree.h"
#include "actions/machine/simulated/vm.h"
#include "actions/machine/simulated/vm_home.h"

namespace machine::simulated {

// A VM in memory, for tests: the same rules as a VM in a folder, copied in microseconds. Only the
// journal's own files are real (memory_tree.h), in a folder of the host. Used from one thread.
class MemoryVm {
 public:
  // The saved state: what a dead process leaves, but for the files in home().
  class SavedState {
   public:
    explicit SavedState(MachineState state) : state_(std::move(state)) {}
    const MachineState& state() const { return state_; }
    const std::string& text() const;  // for comparison

   private:
    MachineState state_;
    mutable std::string text_;  // "": not yet made
  };
  struct Value {
    std::shared_ptr<const SavedState> state;
    disk::MemoryFiles files;
    std::shared_ptr<std::vector<disk::Effect>> effects;  // changed only while nobody shares it
    bool operator==(const Value& other) const;
  };

  // `home`: a folder of the host for this VM alone; it exists.
  explicit MemoryVm(std::string home, const VmOptions& options = {});
  MemoryVm(std::string home, Value value);
  MemoryVm(const MemoryVm&) = delete;
  MemoryVm& operator=(const MemoryVm&) = delete;

  const std::string& home() const { return home_; }
  const Value& value() const { return value_; }
  // Replaces the value for each process that uses the VM. The caller replaces the files in home().
  void put(Value value);
  const disk::Drive& drive() const { return drive_; }
  // `changed` is called after each change of value(), also after each of several in one call.
  void observe(std::function<void()> changed) { observer_ = std::move(changed); }

 private:
  friend class MemoryHome;
  class Effects final : public disk::EffectLog {
   public:
    explicit Effects(MemoryVm& vm) : vm_(vm) {}
    std::vector<disk::Effect> read() const override { return *vm_.value_.effects; }
    void append(const disk::Effect& effect) override;
    void replace(const std::vector<disk::Effect>& effects) override;

   private:
    MemoryVm& vm_;
  };
  void changed() const {
    if (observer_) observer_();
  }

  std::string home_;
  Value value_;
  std::uint64_t generation_ = 1;  // of value_.state
  std::function<void()> observer_;
  disk::MemoryTree tree_{value_.files, home_, [this] { changed(); }};
  disk::Drive drive_{tree_, "/C"};
  Effects effects_{*this};
  disk::Unsynced unsynced_{drive_, effects_, "/graveyard"};
};

// A process's view of a MemoryVm.
class MemoryHome final : public VmHome {
 public:
  explicit MemoryHome(MemoryVm& vm) : vm_(vm) {}
  const disk::Drive& drive() const override { return vm_.drive_; }
  disk::Unsynced& unsynced() override { return vm_.unsynced_; }

 private:
  void enter() override;
  void leave() override {}
  void save() override;

  MemoryVm& vm_;
  std::uint64_t generation_ = 0;
};

}  // namespace machine::simulated
