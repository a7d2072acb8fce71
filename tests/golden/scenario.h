#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "actions/machine/call_observer.h"
#include "engine/commands/commands.h"
#include "tests/golden/room.h"
#include "tests/lab/film.h"

namespace golden {

// A case that the program does not come to by itself: a recorded one with some lines changed by
// hand.
struct Edit {
  std::string tag;   // of the new case
  std::string from;  // tag of the case that it is made of
  std::function<void(Lines&)> change;
  std::vector<std::string> lives{"recover"};
};

// A machine brought to a state, and a command that is run on it: one golden file.
struct Scenario {
  std::string name;
  // The scenario whose end is told first: the file has what differs from it. "": from nothing.
  std::string told_from;
  Room::Packages packages;
  std::function<void(const Room&)> prepare;
  engine::commands::Command command = engine::commands::Command::kInstall;
  std::size_t package = 0;          // whose command it is
  std::vector<std::string> faults;  // of its calls (fault_observer.h), each by the name of the call
  bool undo_fails = false;          // the first call of each undo, too, behind the last fault
  // What is done with a machine that the command leaves when it dies (life.h).
  // None: only the machine at its end is told.
  std::vector<std::string> lives{"recover", "boot abandoned"};
  bool tells_apply = true;                           // not only the undo: another scenario has it
  std::vector<std::string> lives_of_end{"recover"};  // and with the one that it leaves at its end
  std::vector<Edit> edits;
};
inline void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

// Each behind the one that it is told from.
std::span<const Scenario> scenarios();
const Scenario& scenario_of(const std::string& name);

// The command's calls with its faults. Throws where one of them does not happen.
void run(const Scenario& scenario, const Room& room);
lab::Film film_of(const Scenario& scenario, Room& room);

}  // namespace golden
