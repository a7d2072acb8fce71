#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/commands/commands.h"
#include "tests/faults/cases.h"
#include "tests/lab/film.h"
#include "tests/lab/lab.h"
#include "tests/lab/update_sequence.h"

namespace faults {

enum class Life { kGoesOn, kNobodyComes, kRemoved };

// An update is five commands of two handlers. This fixture runs each once: the film shows what a
// process leaves that dies anywhere in it.
//
// Each distinct machine of a film, with or without a power cut, lives three lives: the VM Agent
// goes on, nobody ever does (the VM boots and the recovery task runs), or the VM Agent removes the
// extension. Each life must end with the old version running, the new version running, or nothing
// of ours left, as the journal says. A command that fails leaves the old version running at once,
// and the VM Agent's next sequence brings the new one; a command that takes too long does the same,
// by itself and before the VM Agent's limit.
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
  // How the VM Agent goes on after this command failed.
  std::vector<lab::Call> retry() const;
  const lab::Package& package() const { return update_.package_of(GetParam()); }
  std::vector<std::filesystem::path> written_folders() const;

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
  lab::UpdateSequence update_{old_, new_};
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

inline std::vector<engine::commands::Command> commands_of_an_update() {
  std::vector<engine::commands::Command> all;
  for (const lab::UpdateCommand& row : lab::kUpdateCommands)
    all.push_back(row.command);
  return all;
}
inline const auto kCommandName = [](const auto& row) {
  return std::string(engine::commands::row(row.param).name);
};

}  // namespace faults
