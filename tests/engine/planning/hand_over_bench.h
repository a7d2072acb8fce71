#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/registry.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "engine/product/meta.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/world/payload.h"
#include "tests/world/powershell_handler.h"
#include "tests/world/powershell_package.h"

namespace engine {

// eBPF goes from our 1.0.0 to the PowerShell handler: the version that comes is not ours, is not
// asked to install, and only starts what is there. Its commands are played.
class HandOver : public Bench {
 protected:
  static constexpr std::int64_t kMinuteMs = 60'000;

  void SetUp() override {
    enabled();
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt,eBPFSvc"});
    vm_.reboot();  // what is there is durable
    before_ = vm_.snapshot();
  }

  // The folder that the VM Agent has put beside ours.
  std::filesystem::path beside(const std::string& version) const {
    return std::filesystem::path(package_.root()).parent_path() / (version + ".1");
  }
  // The files of that release, on the host.
  std::filesystem::path payload(const std::string& version) const {
    const std::filesystem::path folder =
        folder_.path() / ("extension-" + version) / "package" / "bin";
    return std::filesystem::exists(folder) ? folder : package(version).file("bin");
  }
  // A package of the PowerShell handler with that payload, beside ours.
  std::filesystem::path powershell(
      const std::string& version,
      world::UpdateMode mode = world::UpdateMode::kWithoutInstall) const {
    std::filesystem::remove_all(beside(version));
    world::make_powershell_package(beside(version), payload(version), mode);
    return beside(version);
  }

  static int play(const lab::Vm& vm, const std::filesystem::path& folder,
                  const std::string& command) {
    const auto machine = vm.machine();
    return world::PowerShellHandler(*machine, world::Generation::kThird, folder).run(command);
  }

  handler::Request update_to(const std::string& version) const {
    handler::Request request = lab::Vm::request(commands::Command::kUpdate, package_);
    request.version_variable = version + ".1";
    return request;
  }
  handler::Reply update(const lab::Vm& vm, const std::string& version) const {
    return vm.run(update_to(version));
  }
  void must_update(const std::string& version) const {
    const handler::Reply reply = update(vm_, version);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << text(reply) << vm_.journal_text();
  }

  // What the VM Agent calls behind update: ours, then the other handler.
  void finish(const lab::Vm& vm, const std::string& version, world::UpdateMode mode) const {
    lab::must(vm, commands::Command::kUninstall, package_);
    if (mode == world::UpdateMode::kWithInstall) {
      EXPECT_EQ(play(vm, beside(version), "install"), 0);
    }
    EXPECT_EQ(play(vm, beside(version), "enable"), 0);
  }
  void hand_over(const std::string& version,
                 world::UpdateMode mode = world::UpdateMode::kWithoutInstall) const {
    powershell(version, mode);
    must(commands::Command::kDisable);
    must_update(version);
    finish(vm_, version, mode);
  }

  // The recovery task, if there is one.
  static void task_runs(const lab::Vm& vm) {
    if (!has_task(vm)) return;
    const handler::Reply reply = vm.recover_abandoned();
    EXPECT_EQ(static_cast<int>(reply.code), 0) << text(reply) << vm.journal_text();
  }
  static bool has_task(const lab::Vm& vm) {
    return vm.machine()->tasks().get("\\eBPF for Windows\\recovery").has_value();
  }
  static void an_hour_passes(const lab::Vm& vm) {
    for (int half = 0; half < 2; ++half) {
      vm.machine()->system().wait_ms(30 * kMinuteMs);
      task_runs(vm);
    }
  }

  // A user's view: all components of that version run, and nobody else's hand is in it.
  void expect_runs(const lab::Vm& vm, const std::string& version) const {
    const nlohmann::json found = vm.snapshot_json();
    const nlohmann::json& services = found.at("services");
    std::set<std::string> wanted{"GuestProxyAgent"};
    for (const world::ComponentOf& component : world::payload(version).components())
      wanted.emplace(component.service);
    for (const std::string& name : wanted) {
      ASSERT_TRUE(services.contains(name)) << name << vm.journal_text();
      EXPECT_EQ(services.at(name).at("state"), "running") << name << vm.journal_text();
      EXPECT_EQ(services.at(name).at("start"), "automatic") << name;
    }
    EXPECT_EQ(services.contains("eBPFSvc"), wanted.contains("eBPFSvc"));
    std::set<std::string> depends = services.at("GuestProxyAgent").at("depends");
    for (const std::string& name : depends)
      EXPECT_TRUE(wanted.contains(name)) << "GuestProxyAgent depends on " << name;
    for (const auto& [file, sha] : world::payload(version).files) {
      const std::string path = "C:\\Program Files\\ebpf-for-windows\\" + file;
      bool there = false;
      for (const auto& [name, entry] : found.at("files").items())
        there = there || (machine::equal_paths(name, path) && entry.at("sha256") == sha);
      EXPECT_TRUE(there || file.ends_with(".json")) << path;
    }
  }
  void expect_handed_over(const lab::Vm& vm, const std::string& version) const {
    expect_runs(vm, version);
    EXPECT_FALSE(has_key(vm));
    EXPECT_FALSE(has_task(vm));
    EXPECT_EQ(settled(vm), "");
  }
  void expect_stays_handed_over(const lab::Vm& vm, const std::string& version) const {
    std::filesystem::remove_all(package_.root());  // the VM Agent does, behind uninstall
    expect_handed_over(vm, version);
    an_hour_passes(vm);
    vm.reboot();
    task_runs(vm);
    an_hour_passes(vm);
    expect_handed_over(vm, version);
  }
  void expect_before(const lab::Vm& vm) const {
    EXPECT_TRUE(lab::same_machine(before_, vm.snapshot())) << vm.journal_text();
    EXPECT_EQ(settled(vm), "1.0.0");
  }
  // Ours is refused, and the VM Agent goes no further.
  handler::Reply expect_refused(const std::string& version, ExitCode code) const {
    must(commands::Command::kDisable);
    const handler::Reply reply = update(vm_, version);
    EXPECT_EQ(reply.code, code) << text(reply) << vm_.journal_text();
    expect_before(vm_);
    return reply;
  }

  static bool has_key(const lab::Vm& vm) { return world::upgrading_key_is_there(*vm.machine()); }
  static std::string settled(const lab::Vm& vm) {
    const journal::Reader reader(vm.journal_path().string());
    return reader.meta(product::meta::kSettledVersion).value_or("");
  }
  void plant_key(const std::vector<std::string>& values) const {
    behind([&values](machine::Machine& m) {
      for (const std::string& name : values)
        m.registry().set(world::kUpgrading, name, {machine::RegistryType::kString, "1"});
      m.system().flush();
    });
  }

  std::string before_;
};

}  // namespace engine
