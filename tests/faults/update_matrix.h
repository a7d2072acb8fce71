#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/commands.h"
#include "tests/lab/lab.h"

namespace faults {

enum class Life { kGoesOn, kNobodyComes, kRemoved };
inline constexpr int kLives = 3;

// An update is five commands of two handlers. A fault is put at each call of each of them.
//
// A killed one, with or without a power cut, is followed by one of three lives: the agent goes on,
// nobody ever does (the VM boots and the recovery task runs), or the extension is removed. Each
// must end with the old version running, the new version running, or nothing of ours left, as the
// journal says. A command that fails leaves the old version running at once, and the agent's next
// sequence brings the new one; so does one that takes too long, by itself and before the agent's
// limit.
//
// EBPF_FAULT=17:kill-after runs that fault only, with every life and seed; EBPF_SEED=0 that power
// cut only. EBPF_GO_ON does not end at the first case that fails.
class UpdateMatrix : public testing::TestWithParam<engine::Command> {
 protected:
  void SetUp() override;

  // Each pass takes every `step`th call; above 1 the kinds of fault take turns. all: every life and
  // seed, else they take turns too.
  void pass_kills(std::int64_t step, bool all) const;
  void pass_power_cuts(std::int64_t step, bool all) const;
  void pass_failures(std::int64_t step) const;
  void pass_hangs(std::int64_t step) const;

 private:
  struct Case {
    std::string fault;
    std::optional<std::uint64_t> seed;  // of the power cut that follows the kill; nullopt: none
    Life life = Life::kGoesOn;
    bool is_kill() const { return fault.find(":kill") != std::string::npos; }
  };
  using Sequence = std::vector<std::pair<engine::Command, const lab::Package*>>;
  Sequence sequence_from(engine::Command first) const;
  // How the agent goes on after this command failed.
  Sequence retry() const;
  const lab::Package& package() const;

  void must(const lab::Vm& vm, engine::Command command, const lab::Package& package) const;
  void must(const lab::Vm& vm, const Sequence& sequence) const;
  static std::string settled(const lab::Vm& vm);
  void expect_equal(const lab::Vm& vm, const std::string& wanted, const std::string& what) const;
  std::vector<std::string> faults(std::int64_t step, const std::vector<std::string>& kinds) const;
  void run_all(const std::vector<Case>& cases, const std::string& what) const;

  void run_kill(const Case& at) const;
  void live(const lab::Vm& vm, Life life, bool booted) const;
  bool run_failure(const std::string& fault) const;  // whether it happened
  void succeeded(const lab::Vm& vm) const;
  void failed(const lab::Vm& vm, int code, const std::string& fault) const;
  void retried(const lab::Vm& vm, int code) const;

  lab::TemporaryFolder folder_;
  lab::Vm base_ = lab::Vm::create(folder_.path() / "base");
  lab::Package old_{folder_.path() / "old", "1.0.0"};
  lab::Package new_{folder_.path() / "new", "1.1.0"};
  std::string old_running_;
  std::string new_running_;
  std::string gone_;
  std::string found_;  // by the command under test
  std::int64_t calls_ = 0;
  std::int64_t known_before_ = 0;  // the newest transaction
};

inline const auto kUpdateCommands = testing::Values(
    engine::Command::kDisable, engine::Command::kUpdate, engine::Command::kUninstall,
    engine::Command::kInstall, engine::Command::kEnable);
inline const auto kCommandName = [](const auto& row) {
  return std::string(engine::row(row.param).name);
};

}  // namespace faults
