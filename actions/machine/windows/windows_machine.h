#pragma once

#include "actions/machine/machine.h"
#include "actions/machine/windows/interfaces/windows_data_collectors.h"
#include "actions/machine/windows/interfaces/windows_files.h"
#include "actions/machine/windows/interfaces/windows_host_files.h"
#include "actions/machine/windows/interfaces/windows_processes.h"
#include "actions/machine/windows/interfaces/windows_registry.h"
#include "actions/machine/windows/interfaces/windows_services.h"
#include "actions/machine/windows/interfaces/windows_system.h"
#include "actions/machine/windows/interfaces/windows_tasks.h"

namespace machine::windows {

// The Windows that this process runs on. Every change needs an elevated administrator or SYSTEM.
// SystemError's code is the Win32 error code, an HRESULT or an NTSTATUS, as the function that `api`
// names returns it.
class WindowsMachine final : public Machine {
 public:
  Files& files() override { return files_; }
  Services& services() override { return services_; }
  Registry& registry() override { return registry_; }
  Tasks& tasks() override { return tasks_; }
  DataCollectors& data_collectors() override { return data_collectors_; }
  Processes& processes() override { return processes_; }
  System& system() override { return system_; }
  HostFiles& host() override { return host_; }

 private:
  interfaces::WindowsFiles files_;
  interfaces::WindowsServices services_;
  interfaces::WindowsRegistry registry_;
  interfaces::WindowsTasks tasks_;
  interfaces::WindowsDataCollectors data_collectors_;
  interfaces::WindowsProcesses processes_;
  interfaces::WindowsSystem system_;
  interfaces::WindowsHostFiles host_;
};

}  // namespace machine::windows
