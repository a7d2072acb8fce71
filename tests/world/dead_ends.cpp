#include "tests/world/dead_ends.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "actions/machine/call_observer.h"
#include "tests/lab/every.h"
#include "tests/lab/temporary_folder.h"
#include "tests/world/chosen.h"
#include "tests/world/furniture.h"
#include "tests/world/journal_state.h"
#include "tests/world/lives.h"

namespace world {
namespace {

using Command = VmAgent::Command;

constexpr const char* kOld = "0.9.1";
constexpr const char* kNew = "1.0.0";
constexpr std::int64_t kWeekMs = 7LL * 24 * 60 * 60 * 1000;

// What the VM Agent, or time, had to bring.
enum class Way { kGoesOn, kBoot, kNewNumber, kNewVersion, kWeek, kInstall, kNone };
constexpr std::array kWayNames{"goes on",    "a boot",     "a new number", "a new version",
                               "seven days", "an install", "none"};

// How the machine comes into a state of the journal, and what leads out of it.
struct Situation {
  std::string_view name;
  const char* has;                      // the version on the machine before; "" for none
  bool (*reach)(Home& home) = nullptr;  // false: it is not reached in this world
  std::array<Way, 3> ways{Way::kGoesOn, Way::kBoot, Way::kNewNumber};
};

// The system changes nothing any more, while commands go on reading.
class Unchangeable final : public machine::CallObserver {
 public:
  void before(const machine::Call& call) override {
    static const std::set<std::string_view> kChanges{
        "files.rename",     "files.remove",    "files.replace",         "files.write",
        "services.create",  "services.change", "services.remove",       "services.start",
        "services.stop",    "registry.set",    "registry.remove_value", "tasks.put",
        "tasks.set_enabled"};
    constexpr std::int64_t kDenied = 5;
    if (!kChanges.contains(call.name)) return;
    throw errors::Failure(errors::ExitCode::kGeneric, call.object, "change " + call.object,
                          {"the test", kDenied, "Access is denied."});
  }
  void after(const machine::Call&) override {}
};

enum class Operation { kInstall, kDisable, kUninstall, kUpdate };

template <Operation kLife>
void live_it(VmAgent& agent) {
  if constexpr (kLife == Operation::kInstall) agent.install(kNew);
  if constexpr (kLife == Operation::kDisable) agent.disable();
  if constexpr (kLife == Operation::kUninstall) agent.uninstall();
  if constexpr (kLife == Operation::kUpdate) agent.update(kNew);
}

// A death in the n-th call, in the middle of the machines that leave the journal so.
template <Operation kLife, std::size_t kCall>
bool killed_at_work(Home& home) {
  home.agent().die_in({.call = kCall, .in_state = "open/open"});
  live_it<kLife>(home.agent());
  return !home.agent().take_kill().empty();
}

// The command fails at its end, and dies in its undo. Uninstall flushes once before, when it arms
// the recovery.
template <Operation kLife, std::size_t kCall, Command kCommand>
bool killed_in_undo(Home& home) {
  const bool arms = kCommand == Command::kUninstall;
  home.agent().meddle({kCommand, arms ? "system.flush#2:fail=5" : "system.flush#1:fail=5", {}});
  home.agent().die_in({.call = kCall, .in_state = "undoing/undoing"});
  live_it<kLife>(home.agent());
  return !home.agent().take_kill().empty();
}

template <Operation kLife, Command kCommand>
bool undone(Home& home) {
  home.agent().meddle({kCommand, "system.flush#1:fail=5", {}});
  live_it<kLife>(home.agent());
  return journal_state(home.vm().journal_path()) == "undone/undone";
}

bool three_failed(Home& home) {
  home.agent().meddle({Command::kUpdate, "system.flush#1:fail=5", {}});
  home.agent().update(kNew);
  for (int again = 0; again < 2; ++again) {
    home.agent().meddle({Command::kUpdate, "system.flush#1:fail=5", {}});
    home.agent().resume();
  }
  return journal_state(home.vm().journal_path()) == "undone/undone";
}

bool undo_given_up(Home& home) {
  if (!killed_at_work<Operation::kUpdate, 4>(home)) return false;
  constexpr int kAttempts = 12;
  Unchangeable unchangeable;
  for (int i = 0; i < kAttempts; ++i) {
    engine::handler::Request request;
    request.command = Command::kRecover;
    request.abandoned = true;
    request.lock_patience = std::chrono::milliseconds(0);
    home.vm().run(request, &unchangeable);
    if (journal_state(home.vm().journal_path()).ends_with("/inconsistent")) return true;
  }
  return false;
}

template <Operation kLife>
bool waits_for_boot(Home& home) {
  arm(*home.vm().home(), std::string("service:") + kCore, {"stop-hangs"});
  live_it<kLife>(home.agent());
  return journal_state(home.vm().journal_path()).find("reboot-needed") != std::string::npos;
}

bool lose_journal(Home& home) {
  for (const std::string suffix : {"-wal", "-shm"})
    std::filesystem::remove(home.vm().journal_path().string() + suffix);
  return std::filesystem::remove(home.vm().journal_path());
}

bool lost_behind_enable(Home& home) { return lose_journal(home); }
bool lost_in_update(Home& home) {
  return killed_at_work<Operation::kUpdate, 3>(home) && lose_journal(home);
}
bool garbage_behind_enable(Home& home) {
  std::filesystem::remove(home.vm().journal_path().string() + "-wal");
  lab::write_file(home.vm().journal_path(), "no journal at all");
  return true;
}

// clang-format off
constexpr std::array kSituations{
    Situation{"install killed",                   "",   killed_at_work<Operation::kInstall, 0>},
    Situation{"install killed in its undo",       "",   killed_in_undo<Operation::kInstall, 0, Command::kInstall>},
    Situation{"install undone",                   "",   undone<Operation::kInstall, Command::kInstall>},
    Situation{"enable killed",                    "",   killed_at_work<Operation::kInstall, 1>},
    Situation{"enable killed in its undo",        "",   killed_in_undo<Operation::kInstall, 1, Command::kEnable>},
    Situation{"enable undone",                    "",   undone<Operation::kInstall, Command::kEnable>},
    Situation{"disable killed",                   kNew, killed_at_work<Operation::kDisable, 0>},
    Situation{"disable killed in its undo",       kNew, killed_in_undo<Operation::kDisable, 0, Command::kDisable>},
    Situation{"disable waits for a boot",         kNew, waits_for_boot<Operation::kDisable>},
    Situation{"uninstall killed",                 kNew, killed_at_work<Operation::kUninstall, 1>},
    Situation{"uninstall killed in its undo",     kNew, killed_in_undo<Operation::kUninstall, 1, Command::kUninstall>, {Way::kBoot, Way::kInstall, Way::kNone}},
    Situation{"update killed in its disable",     kOld, killed_at_work<Operation::kUpdate, 0>},
    Situation{"update killed in its update",      kOld, killed_at_work<Operation::kUpdate, 1>},
    Situation{"update killed in its install",     kOld, killed_at_work<Operation::kUpdate, 3>},
    Situation{"update killed in its enable",      kOld, killed_at_work<Operation::kUpdate, 4>},
    Situation{"update killed in update's undo",   kOld, killed_in_undo<Operation::kUpdate, 1, Command::kUpdate>},
    Situation{"update killed in install's undo",  kOld, killed_in_undo<Operation::kUpdate, 3, Command::kInstall>},
    Situation{"update killed in enable's undo",   kOld, killed_in_undo<Operation::kUpdate, 4, Command::kEnable>},
    Situation{"update undone by install",         kOld, undone<Operation::kUpdate, Command::kInstall>},
    Situation{"update undone by enable",          kOld, undone<Operation::kUpdate, Command::kEnable>},
    Situation{"update waits for a boot",          kOld, waits_for_boot<Operation::kUpdate>},
    Situation{"update failed three times, number", kOld, three_failed, {Way::kNewNumber, Way::kNone, Way::kNone}},
    Situation{"update failed three times, days",  kOld, three_failed, {Way::kWeek, Way::kNone, Way::kNone}},
    Situation{"update failed three times, version", kOld, three_failed, {Way::kNewVersion, Way::kNone, Way::kNone}},
    Situation{"undo of an update given up",       kOld, undo_given_up},
    Situation{"journal lost behind enable",       kNew, lost_behind_enable},
    Situation{"journal lost in an update",        kOld, lost_in_update},
    Situation{"journal garbage behind enable",    kNew, garbage_behind_enable},
};
// clang-format on

bool leads_back(Home& home, Way way) {
  VmAgent& agent = home.agent();
  if (way == Way::kBoot) agent.boot();
  if (way == Way::kNewNumber) agent.new_number();
  if (way == Way::kWeek) pass(*home.vm().home(), kWeekMs);
  if (way == Way::kNewVersion) {
    agent.update("1.1.0");
  } else if (way == Way::kInstall) {
    agent.install(kNew);
  } else {
    agent.resume();
  }
  return agent.wrong_now().empty();
}

Way way_out(Home& home, const Situation& situation) {
  home.agent().clear();
  for (const Way way : situation.ways) {
    if (way != Way::kNone && leads_back(home, way)) return way;
  }
  return Way::kNone;
}

}  // namespace

void leave_each_state(std::size_t every) {
  const std::string only_world = chosen("EBPF_WORLD");
  const std::string only_situation = chosen("EBPF_SITUATION");
  if (!only_world.empty() || !only_situation.empty()) every = 1;
  std::map<std::string_view, std::map<Way, int>> table;
  std::size_t number = 0;
  for (const World& world : worlds()) {
    for (const Situation& situation : kSituations) {
      const std::string has = situation.has;
      if (world.only_fresh && !has.empty()) continue;
      if (!only_world.empty() && only_world != world.name) continue;
      if (!only_situation.empty() && only_situation != situation.name) continue;
      if (number++ % (every * lab::every()) != 0) continue;
      const lab::TemporaryFolder folder;
      Home home(world, has, folder.path().string());
      if (!situation.reach(home)) continue;
      const Way way = way_out(home, situation);
      ++table[situation.name][way];
      if (!only_situation.empty()) std::cout << home.agent().story();
      if (way != Way::kNone) continue;
      ADD_FAILURE() << "world " << world.name << " (" << world.sentence << "), " << situation.name
                    << ": no call of the VM Agent leads back\n  "
                    << to_text(home.agent().wrong_now().front()) << "\n"
                    << home.agent().story();
    }
  }
  std::ostringstream out;
  out << std::left << std::setw(36) << "worlds that are left by";
  for (const char* name : kWayNames)
    out << std::setw(15) << name;
  for (const auto& [name, counts] : table) {
    out << '\n' << std::setw(36) << name;
    for (std::size_t way = 0; way < kWayNames.size(); ++way) {
      const auto count = counts.find(static_cast<Way>(way));
      out << std::setw(15) << (count == counts.end() ? 0 : count->second);
    }
  }
  std::cout << out.str() << '\n';
}

}  // namespace world
