#pragma once

#include <string>

#include "actions/machine/registry.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {

// A VM, and questions about its extras: PATH, netsh helper, tracing tasks, eBPF store.
class Extras : public Bench {
 protected:
  static constexpr const char* kFolder = R"(C:\Program Files\ebpf-for-windows)";
  static constexpr const char* kStartup = "eBpfTracingStartupTask";
  static constexpr const char* kPeriodic = "eBpfTracingPeriodicTask";
  static constexpr const char* kEnvironment =
      R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)";
  static constexpr const char* kSections = R"(HKLM\Software\eBPF\Providers\SectionData)";

  // A row of the package's status; null where it has no such row.
  static nlohmann::json row(const lab::Package& package, const std::string& name) {
    const auto status = package.status(0)[0]["status"];
    for (const auto& row : status["substatus"]) {
      if (row["name"] == name) return row;
    }
    return nullptr;
  }

  // Each extra has a row in the status of that package, and it says success.
  void expect_all_well(const lab::Package& package) const {
    for (const char* name : {"Path", "NetshHelper", "TracingTasks", "EbpfStore"})
      EXPECT_EQ(row(package, name).value("status", ""), "success") << row(package, name);
  }

  nlohmann::json tasks() const { return vm_.snapshot_json().at("tasks"); }
  bool is_on(const std::string& name) const {
    const auto all = tasks();
    return all.contains(name) && all.at(name).at("enabled").get<bool>();
  }
  std::string path() const { return vm_.snapshot_json().at("path").at("data"); }
  void set_path(machine::RegistryType type, const std::string& text) const {
    behind([&](machine::Machine& m) { m.registry().set(kEnvironment, "Path", {type, text}); });
  }
  bool has_store() const {
    return vm_.snapshot_json().at("registry").contains(std::string(kSections) + R"(\bind)");
  }

  // Makes all calls of an update of `package_` to `fresh`.
  void update_to(const lab::Package& fresh) const {
    must(lab::UpdateSequence(package_, fresh).all());
  }
  // Makes the calls of that update before enable.
  void update_up_to_enable(const lab::Package& fresh) const {
    must(lab::UpdateSequence(package_, fresh).before(commands::Command::kEnable));
  }
};

}  // namespace engine
