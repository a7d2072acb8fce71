#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/simulated/vm.h"
#include "actions/machine/simulated/vm_home.h"

namespace world {

using machine::simulated::VmHome;
using machine::simulated::VmOptions;

// How an armed fault keeps its object from what a command wants of it.
enum class FaultKind {
  kStartFails,     // the service does not start, or ends again
  kStopRefused,    // the service does not stop
  kMarked,         // the service is marked for deletion
  kUnhealthy,      // the service runs and calls itself unhealthy
  kDenied,         // the file cannot be changed
  kNoRoom,         // the disk, or the value, has no room
  kNotAnswering,   // the part of the system answers no call
  kRefusesChange,  // somebody decided that nothing is changed here
};

// An object that carries an armed fault: "service:NAME", "path:P", "disk", "tasks",
// "path-variable", "machine". It is what a user may not expect the program to get its way with.
struct Fault {
  FaultKind kind;
  std::string_view object;
};

// Where in its life a machine gets what makes it this world.
enum class Moment {
  kCreated,    // before eBPF was ever there
  kInstalled,  // once eBPF is installed and enabled
  kDisabled,   // behind a disable that succeeded
  kCleared,    // the cause is gone
};
std::optional<Moment> moment_from(std::string_view text);  // "created", "installed" …

using Change = void (*)(VmHome& vm);

// A machine as the field has it. A world with both at_creation and when_installed is met in two
// forms: before eBPF comes, and with eBPF on the machine, which then began without at_creation.
struct World {
  std::string_view name;      // "core-stop-hangs"
  std::string_view sentence;  // what the machine is like
  std::vector<Fault> faults = {};
  void (*options)(VmOptions& options) = nullptr;
  Change at_creation = nullptr;
  Change when_installed = nullptr;
  Change behind_disable = nullptr;
  Change when_cleared = nullptr;  // beside what clears every armed behaviour
  bool only_fresh = false;        // there is no such machine with an eBPF of ours on it
  // The version of a complete eBPF of somebody else that is there: an enable of an older one leaves
  // it, and its install and update are refused.
  std::string_view newer = {};
  bool deep_folders = false;  // HandlerEnvironment.json names folders of two levels
};

std::span<const World> worlds();
// Returns nullptr for an unknown name.
const World* find(std::string_view name);
// A line per world: its name and its sentence.
std::string list_text();

// The worlds are combined in the order given; a later one's options win.
VmOptions options_of(std::span<const World* const> worlds,
                     VmOptions options = {.gpa_depends = true});
// Returns true if a machine that gets eBPF before it is looked at begins with the world's
// at_creation.
bool begins_with(const World& world);
// Changes the machine as the worlds have it at that moment. At kInstalled GuestProxyAgent's own
// set-up comes first: it adds a dependency on eBPFSvc, where that service is there.
void apply(VmHome& vm, std::span<const World* const> worlds, Moment moment);
void apply(VmHome& vm, const World& world, Moment moment);

}  // namespace world
