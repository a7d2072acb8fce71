#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "json/json.h"
#include "tests/lab/film.h"
#include "tests/lab/lab.h"

namespace faults {

using lab::Film;
using lab::Shot;

// A machine brought to a state, and the command whose every call is then a fault point.
struct Scenario {
  std::string name;
  std::string payload;
  engine::commands::Command command;
  std::function<void(const lab::Vm&, const lab::Package&)> prepare;
};
// For GoogleTest, which else prints its bytes.
inline void PrintTo(const Scenario& scenario, std::ostream* out) { *out << scenario.name; }

std::span<const Scenario> scenarios();
// Those in whose middle the VM restarts: with a GuestProxyAgent that is automatic and depends on
// the drivers.
std::span<const Scenario> scenarios_of_a_restart();

// All that is compared: the VM's own snapshot, and what that leaves out: folders, the empty ones
// too, and of each service whether it is marked for deletion, its description, error control and
// delayed start.
nlohmann::json picture(const lab::Vm& vm);

// The versions of the images of EbpfCore, NetEbpfExt and eBPFSvc that run. Behind a boot there is
// one at most: drivers of two versions cannot talk to each other.
std::set<std::string> running_versions(const lab::Vm& vm);

// What the last transaction says of the machine. `known_before`: the newest id before the command.
enum class Named { kNothing, kBefore, kAfter, kOpen };
Named named_by(const std::optional<journal::Transaction>& transaction, std::int64_t known_before);

// A scenario's machine, and what its command makes of it when nothing fails.
class Stage {
 public:
  explicit Stage(const Scenario& scenario);
  const Scenario& scenario() const { return scenario_; }
  const lab::Package& package() const { return package_; }
  const lab::Vm& vm() const { return vm_; }
  // The command, run once on the machine as it is before it.
  const Film& film() const { return *film_; }
  int clean_code() const { return static_cast<int>(film_->reply().code); }

  // Another run of it, from the machine as it is before the command.
  Film film_of(const engine::handler::Request& request);
  // The machine as it is before the command.
  void reset() { camera_.restore(base_); }
  // The machine as a dead process left it.
  void develop(const Shot& shot) { camera_.restore(shot.photograph); }
  // The same where the power went at that moment (Vm::power_cut), and the VM has booted.
  void cut_power(const Shot& shot, std::uint64_t seed);
  lab::Photograph photograph() { return camera_.take(); }

  // A command that ended by itself exits with 0 exactly if the journal names what was asked for.
  // Reporting that fails after the commit is no exception to that: the command did succeed.
  void check_code(const std::string& fault, int code) const;
  // The machine must be as the journal names it. `ended`: nothing may be left open either. Whether
  // nothing is.
  bool check(const std::string& fault, bool ended) const;
  void recover(const std::string& fault) const;
  bool is_before() const;  // undone, and as it was
  // Recovered in a later boot: all but what runs is as the journal names it, and the command, given
  // once more with this sequence number, ends as on a machine that was only booted.
  void check_booted(const std::string& fault, const std::string& sequence = "0") const;
  std::string told(const std::string& fault) const;  // for messages

 private:
  const Scenario& scenario_;
  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package package_;
  lab::Camera camera_;
  lab::Photograph base_;
  std::optional<Film> film_;
  nlohmann::json before_;
  nlohmann::json after_;
  nlohmann::json after_a_boot_;  // of the command on a machine that was booted before
  std::int64_t known_before_ = 0;
};

}  // namespace faults
