#include "tests/simvm/scheduler.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/vm_folder.h"
#include "json/json.h"
#include "tests/simvm/clock.h"
#include "tests/simvm/command_report.h"
#include "tests/simvm/handler_process.h"
#include "tests/simvm/task_xml.h"
#include "tests/world/furniture.h"

namespace simvm {
namespace {

namespace fs = std::filesystem;
using machine::simulated::Access;
using machine::simulated::Loaded;
using machine::simulated::TaskRecord;
using machine::simulated::VmFolder;

constexpr std::int64_t kServicesStartMs = 30'000;
constexpr const char* kStartupTask = "eBpfTracingStartupTask";
constexpr std::int64_t kLimitSeconds = 3600;

std::vector<TaskRecord> enabled_tasks(const std::string& vm) {
  VmFolder folder(vm);
  Access access(folder);
  std::vector<TaskRecord> tasks;
  for (const auto& [folded, task] : access.state().tasks) {
    if (task.enabled) tasks.push_back(task);
  }
  return tasks;
}

std::optional<TaskRecord> find(const std::string& vm, const std::string& name) {
  for (const TaskRecord& task : enabled_tasks(vm)) {
    if (task.name == name) return task;
  }
  return std::nullopt;
}

// On the host; nullopt: not a file of the VM's drive.
std::optional<std::string> program_on_drive(const std::string& vm, const std::string& command) {
  const std::string path = machine::image_file(command, R"(C:\Windows)", R"(C:\Program Files)");
  if (machine::fold_case(machine::drive(path)) != "c:") return std::nullopt;
  VmFolder folder(vm);
  const auto place = folder.drive().find(path);
  if (!place.is_file()) return std::nullopt;
  return place.host;
}

// While it is there, the program cannot be deleted or overwritten.
class InUse {
 public:
  InUse(std::string vm, const std::string& program, std::string name)
      : vm_(std::move(vm)), name_(std::move(name)) {
    VmFolder folder(vm_);
    Access access(folder);
    access.state().loaded.push_back(Loaded{name_, 0, 0, {folder.drive().tree().file_id(program)}});
    access.changed();
  }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() {
    VmFolder folder(vm_);
    Access access(folder);
    std::erase_if(access.state().loaded, [&](const Loaded& row) { return row.service == name_; });
    access.changed();
  }

 private:
  std::string vm_;
  std::string name_;
};

}  // namespace

Scheduler::Scheduler(const std::string& vm)
    : vm_(VmFolder(vm).path()), folder_(vm_ + "/scheduler") {}

bool Scheduler::run(const std::string& name, std::int64_t now_ms) {
  const auto task = find(vm_, name);
  if (!task) return true;  // an earlier one removed or disabled it
  const TaskPlan plan = read_task(task->xml);
  const auto program = program_on_drive(vm_, plan.command);
  if (!program && machine::equal_names(name, kStartupTask)) {
    run_tracing();
    print("task " + name + ": its script is not run; the session that it starts is there", "");
    return true;
  }
  if (!program) {
    print("task " + name + ": not run, there is no " + plan.command + " on the drive", "");
    return true;
  }
  fs::permissions(*program, fs::perms::owner_exec, fs::perm_options::add);
  HandlerCommand how;
  how.words = {*program};
  how.words.insert(how.words.end(), plan.arguments.begin(), plan.arguments.end());
  how.folder = fs::path(*program).parent_path().string();
  how.scratch = folder_;
  how.vm = vm_;
  how.deadline_ms = now_ms + kLimitSeconds * 1000;
  const InUse in_use(vm_, *program, "task " + name);
  const CommandEnd end = run_command(how);
  print("task " + name + ": " + outcome(end, "a call", kLimitSeconds), end.output);
  return end.succeeded();
}

bool Scheduler::run_boot_tasks() {
  std::vector<std::string> due;
  for (const TaskRecord& task : enabled_tasks(vm_)) {
    if (read_task(task.xml).at_boot) due.push_back(task.name);
  }
  if (due.empty()) return true;
  const std::int64_t now = pass_time(vm_, kServicesStartMs);
  bool all_well = true;
  for (const std::string& name : due)
    all_well = run(name, now) && all_well;
  return all_well;
}

bool Scheduler::wait(std::int64_t milliseconds) {
  run_tracing();  // a task that was registered since
  const std::int64_t begin = pass_time(vm_, 0);
  const std::int64_t end = begin + milliseconds;
  const std::int64_t from = counted_from();
  std::multimap<std::int64_t, std::string> due;
  for (const TaskRecord& task : enabled_tasks(vm_)) {
    const auto every = read_task(task.xml).every_ms;
    if (!every) continue;
    for (std::int64_t at = from + *every; at <= end; at += *every) {
      if (at > begin) due.emplace(at, task.name);
    }
  }
  bool all_well = true;
  for (const auto& [at, name] : due) {
    const std::int64_t now = pass_time(vm_, 0);
    if (at > now) pass_time(vm_, at - now);
    all_well = run(name, std::max(at, now)) && all_well;
  }
  const std::int64_t now = pass_time(vm_, 0);
  if (end > now) pass_time(vm_, end - now);
  return all_well;
}

void Scheduler::run_tracing() const {
  VmFolder folder(vm_);
  world::run_startup_task(folder);
}

std::int64_t Scheduler::counted_from() const {
  VmFolder folder(vm_);
  const std::int64_t booted = Access(folder).state().booted_at_ms;
  std::ifstream in(folder_ + "/scheduler.json");
  if (!in) return booted;
  return std::max(booted, nlohmann::json::parse(in).at("last_command_ms").get<std::int64_t>());
}

void Scheduler::count_from_now() {
  const nlohmann::json memory = {{"last_command_ms", pass_time(vm_, 0)}};
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/scheduler.json") << memory.dump() << '\n';
}

}  // namespace simvm
