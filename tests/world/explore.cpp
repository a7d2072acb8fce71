#include "tests/world/explore.h"

#include <algorithm>
#include <array>
#include <random>
#include <set>

#include "tests/lab/temporary_folder.h"
#include "tests/world/known_wrong.h"
#include "tests/world/payload.h"

namespace world {
namespace {

constexpr std::uint32_t kCallsToDeath = 3;

struct Weight {
  EventKind kind;
  std::uint32_t weight;
};
constexpr std::array kWeights{Weight{EventKind::kInstall, 2},   Weight{EventKind::kUpdate, 6},
                              Weight{EventKind::kEnable, 4},    Weight{EventKind::kDisable, 2},
                              Weight{EventKind::kUninstall, 1}, Weight{EventKind::kHandOver, 2},
                              Weight{EventKind::kResume, 4},    Weight{EventKind::kNewNumber, 2},
                              Weight{EventKind::kKill, 4},      Weight{EventKind::kBoot, 3},
                              Weight{EventKind::kPowerCut, 2},  Weight{EventKind::kWait, 2},
                              Weight{EventKind::kBecome, 5},    Weight{EventKind::kClear, 3}};

EventKind kind_of(std::uint32_t number) {
  std::uint32_t all = 0;
  for (const Weight& row : kWeights)
    all += row.weight;
  number %= all;
  for (const Weight& row : kWeights) {
    if (number < row.weight) return row.kind;
    number -= row.weight;
  }
  return EventKind::kBoot;
}

std::string version_of(const Event& event) { return kVersions.at(event.choice % kVersions.size()); }

// A world that a machine with eBPF may become; nullptr: no such.
const World* world_of(const Event& event) {
  const World& world = worlds()[event.choice % worlds().size()];
  return world.when_installed == nullptr ? nullptr : &world;
}

// What a world has done to a machine may outlast it: a row of any of them counts.
bool is_known(const std::set<std::string_view>& met, Rule rule) {
  return std::ranges::any_of(
      met, [rule](std::string_view world) { return is_known_wrong(world, rule); });
}

// One life as it goes on: what the VM Agent can do at each moment, and what was found so far.
class Run {
 public:
  explicit Run(const std::string& folder)
      : vm_(lab::Vm::in_memory(folder + "/vm", options_of({}))),
        agent_(vm_, *find("plain"), folder + "/packages") {
    agent_.clear();
    say("simvm create VM");
  }

  void meet(const Event& event) {
    do_event(event);
    if (const std::string kill = agent_.take_kill(); !kill.empty()) say("#   killed: " + kill);
    const Findings& all = agent_.findings();
    for (; seen_ < all.size(); ++seen_) {
      const Finding& finding = all[seen_];
      if (is_known(met_, finding.rule)) {
        ++result_.known;
      } else if (!result_.first) {
        result_.first = finding;
        result_.world = world_;
      }
    }
  }
  Explored end() {
    result_.story = agent_.story();
    return result_;
  }

 private:
  void say(const std::string& line) { result_.script += line + "\n"; }

  void do_event(const Event& event) {
    switch (event.kind) {
      case EventKind::kInstall:
        if (agent_.has_handler() || agent_.is_handed_over()) return;
        say("simvm agent VM install ZIP-" + version_of(event));
        agent_.install(version_of(event));
        return;
      case EventKind::kHandOver:
        return hand_over(event);
      case EventKind::kBecome:
        return become(event);
      case EventKind::kClear:
        if (!agent_.is_armed()) return;
        say("simvm world VM " + world_ + " --at cleared");
        return agent_.clear();
      case EventKind::kKill:
        return agent_.die_in({event.choice % kCallsToDeath, event.choice / kCallsToDeath});
      case EventKind::kBoot:
        say("simvm reboot VM");
        return agent_.boot();
      case EventKind::kPowerCut:
        say("simvm reboot VM --power-cut --seed " + std::to_string(event.choice));
        return agent_.lose_power(event.choice);
      case EventKind::kWait:
        say("simvm wait VM 31");
        return agent_.wait();
      default:
        if (agent_.has_handler()) call(event);
    }
  }

  void call(const Event& event) {
    switch (event.kind) {
      case EventKind::kUpdate:
        if (agent_.current() == version_of(event) || !agent_.is_settled()) return;
        say("simvm agent VM update ZIP-" + version_of(event));
        agent_.update(version_of(event));
        return;
      case EventKind::kDisable:
        if (!agent_.is_settled()) return;
        say("simvm agent VM disable");
        agent_.disable();
        return;
      case EventKind::kUninstall:
        if (!agent_.is_settled()) return;
        say("simvm agent VM uninstall");
        agent_.uninstall();
        return;
      case EventKind::kNewNumber:
        agent_.new_number();
        say("# a new sequence number; the VM Agent goes on where it was");
        agent_.resume();
        return;
      default:
        say("# the VM Agent starts again, and goes on where it was");
        agent_.resume();
    }
  }

  // The PowerShell handler came with these two versions only.
  void hand_over(const Event& event) {
    const std::string version = version_of(event);
    if (agent_.is_handed_over()) {
      if (is_lower(version, theirs_)) return;
      say("simvm agent VM update ZIP-" + version);
      agent_.come_back(version);
      return;
    }
    if (!agent_.has_handler() || !agent_.is_settled()) return;
    theirs_ = event.choice % 2 == 0 ? "0.9.1" : "0.10.0";
    if (!is_lower(theirs_, agent_.current())) return;
    say("simvm agent VM update POWERSHELL-" + theirs_);
    agent_.hand_over(theirs_);
  }

  void become(const Event& event) {
    const World* world = world_of(event);
    if (world == nullptr || agent_.is_armed() || !agent_.is_settled()) return;
    world_ = world->name;
    met_.insert(world->name);
    say("simvm world VM " + world_);
    agent_.become(*world);
  }

  lab::Vm vm_;
  VmAgent agent_;
  std::string theirs_;           // version of the PowerShell handler that came last
  std::string world_ = "plain";  // the last that the machine became
  std::set<std::string_view> met_{"plain"};
  std::size_t seen_ = 0;
  Explored result_;
};

}  // namespace

SeededLife life_of(std::uint64_t seed, std::size_t most_events) {
  std::mt19937_64 random(seed);  // the same everywhere, unlike the distributions
  SeededLife life{seed, {{EventKind::kInstall, static_cast<std::uint32_t>(random())}}};
  const std::size_t events = 2 + random() % std::max<std::size_t>(most_events - 1, 1);
  while (life.events.size() < events) {
    const EventKind kind = kind_of(static_cast<std::uint32_t>(random() >> 32U));
    life.events.push_back({kind, static_cast<std::uint32_t>(random() % 1'000'000)});
  }
  return life;
}

Explored explore(const SeededLife& life, const std::string& folder) {
  Run run(folder);
  for (const Event& event : life.events)
    run.meet(event);
  return run.end();
}

SeededLife shrunk(SeededLife life, Rule rule) {
  const auto fails = [&](const SeededLife& shorter) {
    const lab::TemporaryFolder folder;
    const Explored explored = explore(shorter, folder.path().string());
    return explored.first && explored.first->rule == rule;
  };
  for (bool shorter = true; shorter;) {
    shorter = false;
    for (std::size_t at = life.events.size(); at-- > 0;) {
      SeededLife without = life;
      without.events.erase(without.events.begin() + static_cast<std::ptrdiff_t>(at));
      if (!fails(without)) continue;
      life = std::move(without);
      shorter = true;
    }
  }
  return life;
}

}  // namespace world
