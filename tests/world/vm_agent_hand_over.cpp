// The VM Agent goes from our handler to the PowerShell handler. The other handler's commands are
// played, and not judged; ours are.
#include <filesystem>

#include "tests/world/powershell_handler.h"
#include "tests/world/powershell_package.h"
#include "tests/world/vm_agent.h"

namespace world {

namespace fs = std::filesystem;

namespace {

// A package of the PowerShell handler with the files of ours.
void deploy(const fs::path& folder, const lab::Package& with_payload) {
  if (fs::exists(folder)) return;
  make_powershell_package(folder, with_payload.file("bin"), UpdateMode::kWithoutInstall);
}

}  // namespace

bool VmAgent::hand_over(const std::string& version) {
  begin();
  new_number();
  wanted_ = version;
  next_ = Next::kHandOver;
  const lab::Package& payload_of = package(version);
  deploy(theirs(version), payload_of);
  deploy(fs::path(package(current_).root()).parent_path() / (version + ".1"), payload_of);
  if (call(Command::kDisable, current_) != 0) {
    judge_failure(began_);
    return false;
  }
  return finish_hand_over();
}

bool VmAgent::finish_hand_over() {
  const std::string version = wanted_;
  next_ = Next::kHandOverAgain;
  if (call(Command::kUpdate, current_, version) != 0 || call(Command::kUninstall, current_) != 0) {
    judge_failure(began_);
    return false;
  }
  const Sight now = sight();
  Findings found;
  judge_runs(now, payload(version), found);
  judge_neighbours(began_, now, found);
  if (proxy_wanted_) judge_proxy(now, found);
  keep(std::move(found), now);
  drop_folder(current_);
  drop_folder(version);
  current_.clear();
  theirs_ = version;
  next_ = Next::kTheirs;
  return enable_theirs();
}

fs::path VmAgent::theirs(const std::string& version) const {
  return fs::path(folder_) / ("powershell-" + version);
}

bool VmAgent::enable_theirs() { return play("enable") == kPowerShellDone; }

int VmAgent::play(std::string_view command) {
  const auto machine = vm_.machine();
  PowerShellHandler handler(*machine, Generation::kThird, theirs(theirs_));
  const int code = handler.run(command);
  story_ += std::string(command) + " of the PowerShell handler " + theirs_ + ": " +
            std::to_string(code) + "\n";
  return code;
}

bool VmAgent::resume_beside_theirs() {
  if (next_ == Next::kTheirs) return enable_theirs();
  if (next_ == Next::kComeBack) return come_back(wanted_);
  if (next_ == Next::kHandOver) return hand_over(wanted_);
  begin();
  return finish_hand_over();
}

bool VmAgent::come_back(const std::string& version) {
  begin();
  new_number();
  wanted_ = version;
  next_ = Next::kComeBack;
  if (play("disable") != kPowerShellDone) return false;
  if (call(Command::kUpdate, version) != 0) {
    judge_failure(began_);
    return false;
  }
  if (play("uninstall") != kPowerShellDone) return false;
  current_ = version;
  next_ = Next::kInstall;
  if (call(Command::kInstall, version) != 0) {
    judge_failure(began_);
    return false;
  }
  next_ = Next::kEnable;
  const int code = call(Command::kEnable, version);
  if (code != 0 && code != kProxyComplaint) judge_failure(began_);
  return code == 0;
}

}  // namespace world
