#include "tests/world/vm_agent.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <utility>

#include "journal/reader.h"
#include "tests/lab/camera.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/furniture.h"
#include "tests/world/journal_state.h"

namespace world {

namespace fs = std::filesystem;
using engine::handler::Reply;
using engine::handler::Request;
using nlohmann::json;

namespace {

constexpr std::int64_t kBetweenCallsMs = 1'000;
constexpr std::int64_t kServicesStartMs = 30'000;
constexpr int kKilled = -9;

// HandlerEnvironment.json with folders of two levels that are not there.
void deepen(const lab::Package& package) {
  json environment = json::parse(lab::read_file(package.file("HandlerEnvironment.json")));
  json& folders = environment[0]["handlerEnvironment"];
  for (const char* key : {"logFolder", "statusFolder"})
    folders[key] = folders[key].get<std::string>() + "/one/two";
  lab::write_file(package.file("HandlerEnvironment.json"), environment.dump());
}

// Of journal.db and journal.db-wal, one behind the other. Returns what it did.
std::string flip_bit(const fs::path& journal, std::uint64_t bit) {
  const fs::path wal = journal.string() + "-wal";
  std::string database = fs::exists(journal) ? lab::read_file(journal) : "";
  std::string log = fs::exists(wal) ? lab::read_file(wal) : "";
  if (database.empty() && log.empty()) return "no journal";
  constexpr unsigned kBits = 8;
  std::size_t at = bit / kBits % (database.size() + log.size());
  const bool in_log = at >= database.size();
  if (in_log) at -= database.size();
  std::string& bytes = in_log ? log : database;
  bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ 1U << bit % kBits);
  lab::write_file(in_log ? wal : journal, bytes);
  return "bit " + std::to_string(bit % kBits) + " of byte " + std::to_string(at) + " of " +
         (in_log ? "-wal" : "journal.db") + " flips";
}

bool is_stopped_in_order(const Sight& sight) {
  const auto* proxy = sight.service(kProxy);
  return proxy != nullptr && !sight.runs(kProxy) && proxy->exit_code == 0;
}

}  // namespace

VmAgent::VmAgent(const lab::Vm& vm, const World& world, std::string folder)
    : vm_(vm), world_(&world), folder_(std::move(folder)), is_there_(world.at_creation != nullptr) {
  virgin_ = sight();
  proxy_wanted_ = proxy_is_wanted(virgin_);
  if (const auto* proxy = virgin_.service(kProxy)) proxy_had_ = proxy->config.depends_on;
}

lab::Package& VmAgent::package(const std::string& version) {
  auto& kept = packages_[version];
  if (!kept) {
    kept = std::make_unique<lab::Package>(fs::path(folder_) / version, version);
    if (world_->deep_folders && !is_preparing_) deepen(*kept);
  }
  return *kept;
}

void VmAgent::drop_folder(const std::string& version) {
  packages_.erase(version);
  fs::remove_all(fs::path(folder_) / version);
}

void VmAgent::prepare(const std::string& version) {
  is_preparing_ = true;
  lab::prepare(vm_, Command::kInstall, package(version));
  lab::prepare(vm_, Command::kEnable, package(version));
  current_ = wanted_ = version;
  next_ = Next::kEnable;
  is_preparing_ = false;
  if (world_->deep_folders) deepen(package(version));
  change_world(Moment::kInstalled);
}

void VmAgent::change_world(Moment moment) {
  const auto home = vm_.home();
  const Sight before = look(*home);
  apply(*home, *world_, moment);
  const Sight now = look(*home);
  if (moment != Moment::kInstalled) return;
  is_there_ = current_.empty() || is_lower(current_, std::string(world_->newer));
  // Behind a disable nobody sees any more that its owner had stopped the proxy before.
  const bool stays_stopped = is_stopped_in_order(before) && is_stopped_in_order(now);
  if (proxy_wanted_ || !stays_stopped) proxy_wanted_ = proxy_is_wanted(now);
  // A downgrade takes one out, and a later version gives it back.
  if (const auto* proxy = now.service(kProxy))
    proxy_had_.insert(proxy_had_.end(), proxy->config.depends_on.begin(),
                      proxy->config.depends_on.end());
  virgin_.ours["pending"] = now.ours["pending"];  // somebody else queued it
}

std::unique_ptr<machine::FaultObserver> VmAgent::meddled(Request& request) {
  if (!meddling_ || meddling_->command != request.command) return nullptr;
  const Meddling now = *std::exchange(meddling_, std::nullopt);
  if (now.number) request.sequence_variable = *now.number;
  if (now.fault.empty()) return nullptr;
  return std::make_unique<machine::FaultObserver>(machine::fault_from(now.fault));
}

const lab::Shot* VmAgent::dying(const std::vector<lab::Shot>& shots) const {
  if (death_->in_state.empty()) return &shots[death_->shot % shots.size()];
  JournalStates states(vm_.journal_path());
  std::vector<const lab::Shot*> leaving;
  for (const lab::Shot& shot : shots) {
    if (states.of(shot.photograph) == death_->in_state) leaving.push_back(&shot);
  }
  return leaving.empty() ? nullptr : leaving[leaving.size() / 2];
}

Reply VmAgent::run(Request request) {
  died_ = death_ && death_->call == 0;
  if (death_ && !died_) --death_->call;
  const auto fault = meddled(request);
  if (!died_ && !counts_deaths_) return vm_.run(std::move(request), fault.get());
  std::vector<fs::path> written;
  for (const auto& [version, package] : packages_) {
    for (const fs::path& path : package->written_folders())
      written.push_back(path);
  }
  lab::Camera camera(vm_.memory(), written);
  const lab::Film film(vm_, camera, request, fault.get());
  if (counts_deaths_) deaths_.push_back(film.shots().size());
  const lab::Shot* shot = died_ ? dying(film.shots()) : nullptr;
  died_ = shot != nullptr;
  if (!died_) return film.reply();
  camera.restore(shot->photograph);
  const std::string& point = shot->points.front();  // "17:kill-after"
  story_ += "killed at " + point;
  const std::size_t colon = point.find(":kill-");
  killed_ =
      std::string(engine::commands::row(request.command).name) + ":" +
      (colon == std::string::npos ? point : point.substr(0, colon) + ":" + point.substr(colon + 6));
  if (death_->flip) story_ += ", " + flip_bit(vm_.journal_path(), *death_->flip);
  death_.reset();
  return film.reply();
}

int VmAgent::call(Command command, const std::string& version,
                  const std::string& version_variable) {
  const auto home = vm_.home();
  pass(*home, kBetweenCallsMs);
  run_startup_task(*home);
  const lab::Package& called = package(version);
  fs::remove(status_file(called, sequence_));
  const Sight before = sight();
  Request request = lab::Vm::request(command, called);
  request.sequence_variable = std::to_string(sequence_);
  if (!version_variable.empty()) {
    request.version_variable = version_variable + ".1";
    lab::put_beside(called, *request.version_variable);
  }
  const std::string name(engine::commands::row(command).name);
  story_ += name + " " + version + " (number " + std::to_string(sequence_) + "): ";
  const bool behind_death = died_;
  const Reply reply = run(request);
  if (died_) {
    story_ += "\n";
    Findings found;
    const Sight now = sight();
    judge_others(before, now, found);
    keep(std::move(found), now);
    return kKilled;
  }
  story_ += std::to_string(static_cast<int>(reply.code)) + "\n";
  for (const std::string& line : reply.lines)
    story_ += "    " + line + "\n";
  last_ = told_by(command, called, reply, before.clock_ms);
  last_.behind_death = behind_death;
  return judge_call(command, version, before, last_);
}

int VmAgent::judge_call(Command command, const std::string& version, const Sight& before,
                        const Told& told) {
  const Sight now = sight();
  Findings found;
  judge_any(before, now, told, proxy_had_, found);
  const std::vector<Fault> faults = faults_at(before);
  const std::string newer = stays(version);
  const bool is_left = !newer.empty() && command == Command::kEnable;
  const bool hindered = !is_left && std::ranges::any_of(faults, hinders);
  if (told.code != 0 && armed_ && !hindered)
    found.push_back(
        {Rule::kSucceeds, "machine", told.command + " failed (" + std::to_string(told.code) + ")"});
  const bool names_newer = newer.empty() || told.output.find(newer) != std::string::npos;
  if (told.code != 0 && armed_ && hindered && !(names_newer && names_cause(told, faults)))
    found.push_back({Rule::kNamesCause, "output", told.command + " does not name it"});
  keep(std::move(found), now);
  said_restart_ = names_restart(told);
  const bool complains = told.code == kProxyComplaint && told.row &&
                         told.row->outcome == "committed" && command == Command::kEnable;
  if (told.code == 0 || complains) judge_success(command, now, told, version);
  if (told.code == 0 && command == Command::kDisable && world_->behind_disable != nullptr)
    change_world(Moment::kDisabled);
  return complains ? kProxyComplaint : told.code;
}

bool VmAgent::install(const std::string& version) {
  begin();
  wanted_ = current_ = version;
  next_ = Next::kInstall;
  if (call(Command::kInstall, version) != 0) {
    judge_failure(began_);
    return false;
  }
  next_ = Next::kEnable;
  return enable();
}

bool VmAgent::enable() {
  begin();
  const int code = call(Command::kEnable, wanted_);
  if (code != 0 && code != kProxyComplaint) judge_failure(began_);
  return code == 0;
}

bool VmAgent::disable() {
  begin();
  const bool well = call(Command::kDisable, wanted_) == 0;
  if (!well) judge_failure(began_);
  return well;
}

bool VmAgent::uninstall() {
  begin();
  wanted_.clear();
  next_ = Next::kUninstall;
  if (call(Command::kDisable, current_) != 0) {
    judge_failure(began_);
    return false;
  }
  const Sight disabled = sight();
  next_ = Next::kNothing;  // a failure is swallowed
  const std::string left_by = current_;
  const int code = call(Command::kUninstall, current_);
  drop_folder(current_);
  current_.clear();
  removal_died_ = died_;
  if (died_) accept_dead_uninstall(disabled);
  if (code != 0) {
    judge_failure(disabled);
    return false;
  }
  const Sight now = sight();
  Findings found;
  const std::string newer = stays(left_by);
  if (!newer.empty()) judge_runs(now, payload(newer), found);
  if (newer.empty() && !said_restart_) judge_nothing_left(virgin_, now, found);
  judge_neighbours(began_, now, found);
  if (proxy_wanted_ && began_.runs(kProxy)) judge_proxy(now, found);
  keep(std::move(found), now);
  // Nobody comes back for the tasks of a VM whose handler is gone.
  if (std::ranges::any_of(world_->faults, [](const Fault& f) { return f.object == "tasks"; }))
    virgin_.ours["tasks"] = now.ours["tasks"];
  return true;
}

bool VmAgent::update(const std::string& version) {
  begin();
  new_number();
  wanted_ = version;
  next_ = Next::kWholeUpdate;
  if (call(Command::kDisable, current_) != 0) {
    judge_failure(began_);
    return false;
  }
  return finish_update();
}

// From update on: of the higher version's handler, which is told the new version.
bool VmAgent::finish_update() {
  next_ = Next::kUpdateAgain;
  const bool down = is_lower(wanted_, current_);
  if (call(Command::kUpdate, down ? current_ : wanted_, wanted_) != 0 ||
      call(Command::kUninstall, current_) != 0) {
    judge_failure(began_);
    return false;
  }
  drop_folder(current_);
  current_ = wanted_;
  next_ = Next::kInstall;
  if (call(Command::kInstall, wanted_) != 0) {
    judge_failure(began_);
    return false;
  }
  next_ = Next::kEnable;
  const int code = call(Command::kEnable, wanted_);
  if (code != 0 && code != kProxyComplaint) judge_failure(began_);
  return code == 0;
}

bool VmAgent::resume() {
  switch (next_) {
    case Next::kNothing:
      return true;
    case Next::kInstall:
      return install(wanted_);
    case Next::kEnable:
      return enable();
    case Next::kUninstall:
      return uninstall();
    case Next::kHandOver:
    case Next::kHandOverAgain:
    case Next::kTheirs:
    case Next::kComeBack:
      return resume_beside_theirs();
    case Next::kUpdateAgain:
      begin();
      return finish_update();
    case Next::kWholeUpdate:
      begin();
      if (call(Command::kDisable, current_) == 0) return finish_update();
      judge_failure(began_);
      return false;
  }
  return false;
}

void VmAgent::boot() {
  world::boot(*vm_.home());
  story_ += "boot\n";
  after_boot();
}

void VmAgent::lose_power(std::uint64_t seed) {
  vm_.power_cut(seed);
  story_ += "power cut, seed " + std::to_string(seed) + "\n";
  after_boot();
}

void VmAgent::after_boot() {
  const auto home = vm_.home();
  const Sight now = look(*home);
  Findings found;
  judge_boot(now, found);
  keep(std::move(found), now);
  pass(*home, kServicesStartMs);
  run_startup_task(*home);
  if (!has_recovery_task(*home)) return;
  const Reply reply = vm_.recover_abandoned();
  story_ += "boot task: " + std::to_string(static_cast<int>(reply.code)) + "\n";
  for (const std::string& line : reply.lines)
    story_ += "    " + line + "\n";
}

void VmAgent::become(const World& world) {
  world_ = &world;
  armed_ = true;
  story_ += "the machine becomes " + std::string(world.name) + "\n";
  change_world(Moment::kInstalled);
}

void VmAgent::clear() {
  // What somebody else takes away of a machine that was accepted as it is, goes from that too.
  const bool is_virgin = sight().ours == virgin_.ours;
  change_world(Moment::kCleared);
  if (is_virgin) virgin_.ours = sight().ours;
  if (!world_->newer.empty() && wanted_.empty()) proxy_wanted_ = false;
  armed_ = false;
  std::ranges::copy_if(world_->faults, std::back_inserter(lasting_),
                       [](const Fault& fault) { return fault.kind == FaultKind::kMarked; });
  story_ += "the cause is gone\n";
}

}  // namespace world
