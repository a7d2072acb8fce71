#pragma once

#include <memory>

namespace machine {

class DataCollectors;
class Files;
class HostFiles;
class Processes;
class Registry;
class Services;
class System;
class Tasks;

// Everything that can be changed, behind one interface. All calls are synchronous and throw
// errors::Failure, whose SystemError carries the Win32 error code (also on the simulated machine).
// No call is durable when it returns, unless it says so. Used from one thread.
class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  virtual Files& files() = 0;
  virtual Services& services() = 0;
  virtual Registry& registry() = 0;
  virtual Tasks& tasks() = 0;
  virtual DataCollectors& data_collectors() = 0;
  virtual Processes& processes() = 0;
  virtual System& system() = 0;
  virtual HostFiles& host() = 0;
};

// The machine of this build: Win32, or the simulated VM in the folder that the environment variable
// EBPF_HANDLER_MACHINE names. Throws kUsage if the variable is needed and missing, or names no VM.
std::unique_ptr<Machine> open_machine();
// The files of the system on which this process runs.
std::unique_ptr<HostFiles> open_host_files();

}  // namespace machine
