// How the VM Agent's calls are judged.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>

#include "journal/reader.h"
#include "tests/world/furniture.h"
#include "tests/world/vm_agent.h"
#include "text/time.h"

namespace world {

namespace fs = std::filesystem;
using engine::handler::Reply;
using nlohmann::json;

namespace {

constexpr std::int64_t kUntilTaskMs = 31 * 60'000;

std::string wrong_at_end(const Findings& found) {
  return found.empty() ? "the VM Agent's calls still fail" : to_text(found.front());
}

}  // namespace

fs::path status_file(const lab::Package& package, int sequence) {
  const std::string name = std::to_string(sequence) + ".status";
  const fs::path environment = package.file("HandlerEnvironment.json");
  const json read =
      fs::exists(environment) ? json::parse(lab::read_file(environment), nullptr, false) : json();
  const json::json_pointer folder("/0/handlerEnvironment/statusFolder");
  if (!read.is_array() || !read.contains(folder)) return package.folder("status") / name;
  return fs::path(read.at(folder).get<std::string>()) / name;
}

bool has_recovery_task(machine::simulated::VmHome& vm) {
  machine::simulated::Access access(vm);
  for (const auto& [key, task] : access.state().tasks) {
    if (task.enabled && task.xml.find(kStateFolder) != std::string::npos) return true;
  }
  return false;
}

Told VmAgent::told_by(Command command, const lab::Package& package, const Reply& reply,
                      std::int64_t began_ms) const {
  Told told;
  told.command = engine::commands::row(command).name;
  told.code = static_cast<int>(reply.code);
  told.output = joined(reply.lines);
  told.limit_ms = engine::commands::row(command).vm_agent_limit_ms;
  if (fs::exists(status_file(package, sequence_)))
    told.status = json::parse(lab::read_file(status_file(package, sequence_)), nullptr, false);
  try {
    const auto last = vm_.last_transaction();
    if (last && text::utc_ms(last->started_at) >= began_ms)
      told.row = {last->command, last->code, std::string(journal::outcome(*last))};
  } catch (const errors::Failure&) {
    told.row.reset();
  }
  return told;
}

std::string VmAgent::stays(const std::string& version) const {
  const std::string newer(world_->newer);
  return armed_ && is_there_ && !newer.empty() && is_lower(version, newer) ? newer : "";
}

void VmAgent::judge_success(Command command, const Sight& now, const Told& told,
                            const std::string& version) {
  const Payload& wanted = payload(version);
  Findings found;
  if (command == Command::kInstall || (command == Command::kEnable && stays(version).empty()))
    judge_files(now, wanted, found);
  if (command == Command::kInstall) judge_registered(now, wanted, found);
  if (command == Command::kDisable) judge_disabled(now, told, found);
  const std::string newer = command == Command::kEnable ? stays(version) : "";
  if (command == Command::kEnable && newer.empty()) is_there_ = false;  // ours has replaced it
  if (!newer.empty()) judge_warned(told, newer, found);
  if (command == Command::kEnable) {
    judge_runs(now, newer.empty() ? wanted : payload(newer), found);
    judge_neighbours(began_, now, found);
    judge_safe_to_boot(now, told, found);
    if (proxy_wanted_ && told.code == 0) judge_proxy(now, found);
  }
  keep(std::move(found), now);
}

void VmAgent::keep(Findings found, const Sight& now) {
  const std::span<const Fault> faults =
      armed_ ? std::span<const Fault>(world_->faults) : std::span<const Fault>();
  constexpr int kShown = 3;  // of each rule
  std::map<Rule, int> seen;
  for (Finding& finding : without_waived(std::move(found), faults, now, waived_)) {
    if (++seen[finding.rule] <= kShown) story_ += "  ! " + to_text(finding) + "\n";
    findings_.push_back(std::move(finding));
  }
  for (const auto& [rule, count] : seen) {
    if (count > kShown)
      story_ += "  ! " + std::string(name_of(rule)) + ": " + std::to_string(count) + " in all\n";
  }
}

void VmAgent::accept_dead_uninstall(const Sight& before) {
  if (has_recovery_task(*vm_.home())) return;
  const Sight now = sight();
  const bool cannot_arm = std::ranges::any_of(world_->faults, [](const Fault& fault) {
    return fault.object == "tasks" || fault.object == "disk";
  });
  if (cannot_arm || now.ours == before.ours) virgin_.ours = now.ours;
}

void VmAgent::judge_failure(const Sight& before) {
  if (died_) return;  // the next call is judged against `before` too
  if (not_given_back(before, sight()).empty()) return;
  run_recovery_task();
  const Sight now = sight();
  keep(not_given_back(before, now), now);
}

Findings VmAgent::not_given_back(const Sight& before, const Sight& now) const {
  Findings found;
  judge_given_back(before, now, found);
  return removal_died_ ? without_removed(std::move(found), now) : found;
}

std::vector<Fault> VmAgent::faults_at(const Sight& now) const {
  std::vector<Fault> faults;
  if (armed_) faults = world_->faults;
  std::ranges::copy_if(lasting_, std::back_inserter(faults), [&](const Fault& fault) {
    const auto* service = now.service(fault.object.substr(fault.object.find(':') + 1));
    return service != nullptr && service->marked;
  });
  return faults;
}

void VmAgent::run_recovery_task() {
  const auto home = vm_.home();
  pass(*home, kUntilTaskMs);
  if (!has_recovery_task(*home)) return;
  const Sight before = sight();
  const Reply reply = vm_.recover_abandoned();
  const Sight now = sight();
  story_ += "recovery task: " + std::to_string(static_cast<int>(reply.code)) + "\n";
  for (const std::string& line : reply.lines)
    story_ += "    " + line + "\n";
  Findings found;
  Told told;
  told.command = "recover";
  told.output = "What to do:";  // nobody reads it
  told.limit_ms = kUntilTaskMs;
  judge_any(before, now, told, proxy_had_, found);
  keep(std::move(found), now);
}

Findings VmAgent::wrong_now() const {
  Findings found;
  is_as_wanted(sight(), found);
  return found;
}

bool VmAgent::is_as_wanted(const Sight& now, Findings& found) const {
  if (wanted_.empty()) {
    judge_nothing_left(virgin_, now, found);
  } else {
    judge_runs(now, payload(wanted_), found);
    judge_files(now, payload(wanted_), found);
  }
  if (proxy_wanted_) judge_proxy(now, found);
  return found.empty();
}

bool VmAgent::resumes_well(Findings& found) {
  const bool well = resume();
  found.clear();
  return is_as_wanted(sight(), found) && well;
}

void VmAgent::clear_and_go_on() {
  clear();
  Findings found;
  if (resumes_well(found)) return;
  const auto is_busy = [](const Fault& fault) { return fault.kind == FaultKind::kStopRefused; };
  if (std::ranges::any_of(world_->faults, is_busy) && !wanted_.empty()) {
    new_number();
    if (resumes_well(found)) return;
    keep({{Rule::kNoNeedlessBoot, "machine", wrong_at_end(found)}}, sight());
  }
  boot();
  if (resumes_well(found)) return;
  new_number();
  story_ += "a new number\n";
  if (!resumes_well(found)) keep({{Rule::kEndsWell, "machine", wrong_at_end(found)}}, sight());
}

}  // namespace world
