#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/commands/commands.h"
#include "tests/faults/cases.h"
#include "tests/faults/film.h"
#include "tests/lab/lab.h"

namespace faults {

enum class Life { kGoesOn, kNobodyComes, kRemoved };

// An update is five commands of two handlers. Each is run once: the film shows what a process
// leaves that dies anywhere in it.
//
// Each distinct machine of a film, with or without a power cut, is followed by each of three lives:
// the agent goes on, nobody ever does (the VM boots and the recovery task runs), or the extension
// is removed. Each must end with the old version running, the new version running, or nothing of
// ours left, as the journal says. A command that fails leaves the old version running at once, and
// the agent's next sequence brings the new one; so does one that takes too long, by itself and
// before the agent's limit.
//
// EBPF_FAULT=17:kill-after runs that point only; EBPF_SEED=0 that power cut only. EBPF_GO_ON does
// not end at the first case that fails.
class UpdateMatrix : public testing::TestWithParam<engine::commands::Command> {
 protected:
  void SetUp() override;

  void pass_kills();
  void pass_power_cuts();
  // `every`: each so many call; `everywhere`: also those after which nothing is different.
  void pass_failures(std::int64_t every, bool everywhere);
  void pass_hangs(std::int64_t every, bool everywhere);

 private:
  using Sequence = std::vector<std::pair<engine::commands::Command, const lab::Package*>>;
  Sequence sequence_from(engine::commands::Command first) const;
  // How the agent goes on after this command failed.
  Sequence retry() const;
  const lab::Package& package() const;
  std::vector<std::filesystem::path> written_folders() const;

  void must(engine::commands::Command command, const lab::Package& package) const;
  void must(const Sequence& sequence) const;
  std::string settled() const;
  void expect_equal(const std::string& wanted, const std::string& what) const;
  bool gave_something_up() const;
  bool is_undoing() const;

  // The machine is that of a dead process. `booted`: and has booted since.
  void live(Life life, bool booted) const;
  void live_all(const lab::Photograph& machine, bool booted, const std::string& fault);
  void pass(const std::vector<std::string>& always,
            const std::vector<std::string>& where_it_matters, std::int64_t every, bool everywhere,
            const char* what);
  bool run_failure(const std::string& fault);  // whether it happened
  void succeeded() const;
  void failed(int code, const std::string& fault) const;
  void retried(int code) const;
  void tell(Tally& tally, const char* what) const;

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package old_{folder_.path() / "old", "1.0.0"};
  lab::Package new_{folder_.path() / "new", "1.1.0"};
  lab::Camera camera_{vm_.memory(), written_folders()};
  lab::Photograph base_;
  std::optional<Film> film_;
  std::string old_running_;
  std::string new_running_;
  std::string gone_;
  std::string found_;              // by the command under test
  std::int64_t known_before_ = 0;  // the newest transaction
  std::int64_t cases_ = 0;
};

inline const auto kUpdateCommands =
    testing::Values(engine::commands::Command::kDisable, engine::commands::Command::kUpdate,
                    engine::commands::Command::kUninstall, engine::commands::Command::kInstall,
                    engine::commands::Command::kEnable);
inline const auto kCommandName = [](const auto& row) {
  return std::string(engine::commands::row(row.param).name);
};

}  // namespace faults
