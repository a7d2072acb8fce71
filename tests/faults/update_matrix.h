#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/fault_tap.h"
#include "engine/commands.h"
#include "journal/reader.h"
#include "tests/lab/lab.h"

namespace faults {

using engine::Command;
using lab::Package;
using lab::Vm;

enum class Life { kGoesOn, kNobodyComes, kRemoved };
inline constexpr int kLives = 3;

inline const char* name_of(Life life) {
  switch (life) {
    case Life::kGoesOn:
      return "the agent goes on";
    case Life::kNobodyComes:
      return "nobody comes, the VM boots";
    case Life::kRemoved:
      return "disable and uninstall";
  }
  return "unknown";
}

// An update is five commands of two handlers. Each is killed at its calls; then comes one of three
// lives: the agent goes on, nobody ever does (the VM boots and the recovery task runs), or the
// extension is removed. Each must end with the old version running, the new version running, or
// nothing of ours left, as the journal says.
// EBPF_FAULT=17:kill-after runs that case only, with every life.
class UpdateMatrix : public testing::TestWithParam<Command> {
 protected:
  void SetUp() override {
    must(base_, Command::kInstall, old_);
    must(base_, Command::kEnable, old_);
    base_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
    old_running_ = base_.snapshot();
    const Vm whole = base_.copy_to(folder_.path() / "whole");
    for (const auto& [command, package] : sequence())
      must(whole, command, *package);
    new_running_ = whole.snapshot();
    must(whole, Command::kDisable, new_);
    must(whole, Command::kUninstall, new_);
    gone_ = whole.snapshot();
    for (const auto& [command, package] : sequence()) {
      if (command == GetParam()) break;
      must(base_, command, *package);
    }
    const Vm counted = base_.copy_to(folder_.path() / "counted");
    machine::FaultTap tap(std::nullopt);
    counted.run(GetParam(), package_of(GetParam()), &tap);
    calls_ = tap.calls();
  }

  std::vector<std::pair<Command, const Package*>> sequence() const {
    return {{Command::kDisable, &old_},
            {Command::kUpdate, &new_},
            {Command::kUninstall, &old_},
            {Command::kInstall, &new_},
            {Command::kEnable, &new_}};
  }

  const Package& package_of(Command command) const {
    return command == Command::kDisable || command == Command::kUninstall ? old_ : new_;
  }

  static void must(const Vm& vm, Command command, const Package& package) {
    const engine::Reply reply = vm.run(command, package);
    EXPECT_EQ(static_cast<int>(reply.code), 0)
        << engine::row(command).name << ": " << reply.lines.front() << "\n"
        << vm.journal_text();
  }

  static std::string settled(const Vm& vm) {
    journal::Reader reader(vm.journal_path().string());
    return reader.meta("settled_version").value_or("");
  }

  void live(const Vm& vm, Life life) const {
    switch (life) {
      case Life::kGoesOn: {
        bool reached = false;
        for (const auto& [command, package] : sequence()) {
          reached = reached || command == GetParam();
          if (reached) must(vm, command, *package);
        }
        EXPECT_EQ(settled(vm), new_.version());
        return;
      }
      case Life::kNobodyComes:
        vm.reboot();
        EXPECT_EQ(static_cast<int>(vm.recover_abandoned().code), 0) << vm.journal_text();
        EXPECT_NE(settled(vm), "");
        return;
      case Life::kRemoved: {
        const Package& package = GetParam() == Command::kDisable ? old_ : new_;
        must(vm, Command::kDisable, package);
        must(vm, Command::kUninstall, package);
        EXPECT_EQ(settled(vm), "");
        return;
      }
    }
  }

  void run(const std::string& fault, Life life) {
    const Vm vm = base_.copy_to(folder_.path() / "case");
    machine::FaultTap tap(machine::fault_from(fault));
    const int code = vm.run_in_child(GetParam(), package_of(GetParam()), &tap);
    // A call that fails by itself has no "after".
    EXPECT_TRUE(code == -SIGKILL || (code == 0 && fault.ends_with("kill-after"))) << fault;
    live(vm, life);
    const std::string version = settled(vm);
    const std::string& wanted = version.empty()             ? gone_
                                : version == old_.version() ? old_running_
                                                            : new_running_;
    const std::string found = vm.snapshot();
    EXPECT_EQ(found == wanted, true)
        << "settled is '" << version << "'\n"
        << vm.journal_text() << "\nwanted -> found:\n"
        << nlohmann::json::diff(nlohmann::json::parse(wanted), nlohmann::json::parse(found))
               .dump(2);
    if (HasFailure()) {
      std::cout << "[ case     ] " << engine::row(GetParam()).name << " " << fault << ", then "
                << name_of(life) << "\n";
    }
  }

  void pass(std::int64_t step, bool every_life) {
    if (const char* only = std::getenv("EBPF_FAULT")) {
      for (int life = 0; life < kLives; ++life)
        run(only, static_cast<Life>(life));
      return;
    }
    std::int64_t kills = 0;
    for (std::int64_t call = 1; call <= calls_ && !HasFailure(); call += step) {
      for (const char* kind : {":kill-before", ":kill-after"}) {
        for (int life = 0; life < kLives; ++life) {
          if (every_life || life == kills % kLives)
            run(std::to_string(call) + kind, static_cast<Life>(life));
        }
        ++kills;
      }
    }
    EXPECT_GT(kills, 0);
    std::cout << "[ matrix   ] update, " << engine::row(GetParam()).name << ": " << calls_
              << " calls, " << kills * (every_life ? kLives : 1) << " kills\n";
  }

  lab::TemporaryFolder folder_;
  Vm base_ = Vm::create(folder_.path() / "base");
  Package old_{folder_.path() / "old", "1.0.0"};
  Package new_{folder_.path() / "new", "1.1.0"};
  std::string old_running_;
  std::string new_running_;
  std::string gone_;
  std::int64_t calls_ = 0;
};

inline const auto kUpdateCommands = testing::Values(
    Command::kDisable, Command::kUpdate, Command::kUninstall, Command::kInstall, Command::kEnable);
inline const auto kCommandName = [](const auto& row) {
  return std::string(engine::row(row.param).name);
};

}  // namespace faults
