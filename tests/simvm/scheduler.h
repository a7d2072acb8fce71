#pragma once

#include <cstdint>
#include <string>

namespace simvm {

// The Task Scheduler of a simulated VM: runs the programs of enabled tasks as processes of the
// host, one after the other, with EBPF_HANDLER_MACHINE naming the VM, and prints how each ended.
// Programs that are not on the VM's drive (cmd.exe) are not run, and named; of eBPF's startup task
// its effect, the trace session, is there all the same. A program that runs is in use like a loaded
// image.
class Scheduler {
 public:
  explicit Scheduler(const std::string& vm);

  // Tasks with a boot trigger, after the services have started. False: one of them failed.
  bool run_boot_tasks();
  // Lets time pass, and runs tasks with a time trigger whenever their interval has elapsed, counted
  // from the VM Agent's last command, or the boot if that was later. False: one of them failed.
  bool wait(std::int64_t milliseconds);
  // The VM Agent's command has ended now: intervals are counted from here.
  void count_from_now();

 private:
  bool run(const std::string& name, std::int64_t now_ms);
  void run_tracing() const;
  std::int64_t counted_from() const;

  std::string vm_;
  std::string folder_;  // of the host, for its memory and the output of what it runs
};

}  // namespace simvm
