#pragma once

#include <array>
#include <string_view>

namespace engine::product {

// The scheduled tasks that a payload brings: one that starts tracing at boot (and when it is
// registered), one that saves what was traced every 37 minutes. The latter runs bpftool, which
// opens EbpfCore: no driver can stop beneath it.
struct TracingTask {
  std::string_view name;
  std::string_view file;  // in a payload: UTF-16, with the default install folder in it
};
inline constexpr std::array<TracingTask, 2> kTracingTasks{
    {{"eBpfTracingStartupTask", "ebpf_tracing_startup_task.xml"},
     {"eBpfTracingPeriodicTask", "ebpf_tracing_periodic_task.xml"}}};

}  // namespace engine::product
