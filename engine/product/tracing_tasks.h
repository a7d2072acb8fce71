#pragma once

#include <array>
#include <string_view>

namespace engine::product {

// The scheduled tasks of a payload. The startup task starts tracing at boot and when it is
// registered. The periodic task saves the traces every 37 minutes; it runs bpftool, which opens
// EbpfCore, so that no driver can stop meanwhile.
struct TracingTask {
  std::string_view name;
  std::string_view file;  // in a payload: UTF-16, with the default install folder in it
};
inline constexpr std::string_view kStartupTask = "eBpfTracingStartupTask";
inline constexpr std::array<TracingTask, 2> kTracingTasks{
    {{kStartupTask, "ebpf_tracing_startup_task.xml"},
     {"eBpfTracingPeriodicTask", "ebpf_tracing_periodic_task.xml"}}};

// The data collector set that the startup task's script makes and starts, in every version so far.
inline constexpr std::string_view kTraceSession = "ebpf_diag";

}  // namespace engine::product
