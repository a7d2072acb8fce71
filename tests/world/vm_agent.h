#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/fault_observer.h"
#include "engine/commands/commands.h"
#include "tests/lab/film.h"
#include "tests/lab/lab.h"
#include "tests/world/oracle.h"
#include "tests/world/waivers.h"
#include "tests/world/world.h"

namespace world {

// Of HandlerEnvironment.json's status folder; of the usual one where it names none.
std::filesystem::path status_file(const lab::Package& package, int sequence);
// Whether a task runs what lies in the state folder.
bool has_recovery_task(machine::simulated::VmHome& vm);

// The handler dies in one call, and leaves one of the machines that a death in it may leave.
struct Death {
  std::size_t call = 0;    // 0: the next
  std::uint64_t shot = 0;  // modulo the number of those machines
  // The handler dies only where it leaves the journal in this state (journal_state.h), half-way
  // through those machines; "": in any.
  std::string in_state = {};
  // A bit of the journal's files flips then, modulo their number.
  std::optional<std::uint64_t> flip = {};
};

// The VM Agent of one machine, as it goes on after a failure (its contract says what comes next by
// the command that failed), with its task scheduler, under the oracle: each call, each boot and
// each run of the recovery task is judged.
class VmAgent {
 public:
  using Command = engine::commands::Command;

  // The worlds' faults are armed until `clear`.
  VmAgent(const lab::Vm& vm, const World& world, std::string folder);

  // Before the first judged call: brings eBPF onto the machine, unjudged; throws where that fails.
  void prepare(const std::string& version);
  void change_world(Moment moment);
  // The machine becomes one of another world; nothing is armed before.
  void become(const World& world);
  // The cause is gone.
  void clear();

  // Operations; each returns whether all commands succeeded.
  bool install(const std::string& version);  // install, enable
  bool update(const std::string& version);   // up or down
  bool enable();
  bool disable();
  bool uninstall();  // disable, uninstall
  // Down to a version of the PowerShell handler whose manifest says that it is not asked to
  // install: disable, update and uninstall of ours, enable of the other. Ours is gone then.
  bool hand_over(const std::string& version);
  bool is_handed_over() const { return next_ == Next::kTheirs; }
  // Back from there to a version of ours that is no lower.
  bool come_back(const std::string& version);
  // What the VM Agent calls when it starts again, or a new goal state comes: it goes on where it
  // was.
  bool resume();
  void new_number() { ++sequence_; }
  // The next call of the command meets this fault ("files.remove#1:fail=5"), or is made with this
  // ConfigSequenceNumber.
  struct Meddling {
    Command command;
    std::string fault;
    std::optional<std::string> number;
  };
  void meddle(Meddling next) { meddling_ = std::move(next); }
  void boot();  // and the recovery task, where there is one
  void lose_power(std::uint64_t seed);
  // Half an hour goes by, with the recovery task, where there is one.
  void wait() { run_recovery_task(); }
  void die_in(const Death& death) { death_ = death; }
  // The command that was killed since this was asked last, as `simvm agent --kill` names it where
  // the point is a call: "enable:17:after"; "" for none.
  std::string take_kill() { return std::exchange(killed_, {}); }
  // From now on counts, for each call, how many machines a death in it may leave.
  void count_deaths() { counts_deaths_ = true; }
  const std::vector<std::size_t>& deaths() const { return deaths_; }
  bool is_armed() const { return armed_; }
  bool has_handler() const { return !current_.empty(); }
  const std::string& current() const { return current_; }
  // Nothing is left to go on with but enable.
  bool is_settled() const { return next_ == Next::kEnable; }
  // The cause is gone; then the VM Agent's next calls, which must end with the wanted version
  // running, or with nothing, where it was uninstalled.
  void clear_and_go_on();

  lab::Package& package(const std::string& version);
  const Told& last() const { return last_; }  // the last call
  // What keeps the machine from being as the goal state wants it.
  Findings wrong_now() const;

  // What was found wrong, in its order, and what was excused.
  const Findings& findings() const { return findings_; }
  const WaiverCounts& waived() const { return waived_; }
  // A line per call: for people.
  const std::string& story() const { return story_; }

 private:
  // What the VM Agent does next.
  enum class Next {
    kNothing,
    kInstall,
    kEnable,
    kWholeUpdate,
    kUpdateAgain,
    kUninstall,
    kHandOver,
    kHandOverAgain,
    kTheirs,
    kComeBack
  };

  engine::handler::Reply run(engine::handler::Request request);
  void drop_folder(const std::string& version);
  // The machine before the operation that begins, unless the last call was killed in the midst of
  // one.
  void begin() {
    if (died_) return;
    began_ = sight();
    removal_died_ = false;
  }
  // What the next call meets; changes its request. nullptr: nothing.
  std::unique_ptr<machine::FaultObserver> meddled(engine::handler::Request& request);
  // Returns nullptr if the death is in a state that none of them has.
  const lab::Shot* dying(const std::vector<lab::Shot>& shots) const;
  int call(Command command, const std::string& version, const std::string& version_variable = "");
  // Returns the exit code; that of an enable that commits and complains of the proxy too.
  int judge_call(Command command, const std::string& version, const Sight& before,
                 const Told& told);
  Told told_by(Command command, const lab::Package& package, const engine::handler::Reply& reply,
               std::int64_t began_ms) const;
  bool finish_update();
  bool finish_hand_over();
  bool resume_beside_theirs();
  std::filesystem::path theirs(
      const std::string& version) const;  // the PowerShell handler's folder
  bool enable_theirs();
  int play(std::string_view command);
  // Nobody comes back for an uninstall that died before it had armed the recovery: it has changed
  // nothing then, or could not arm (no Task Scheduler, no room for the copy).
  void accept_dead_uninstall(const Sight& before);
  // Behind a failing command: what ran must run, at the latest once recovery has run.
  void judge_failure(const Sight& before);
  // Of an uninstall that died the end is right too: nothing of eBPF is there any more.
  Findings not_given_back(const Sight& before, const Sight& now) const;
  // Of the world, while armed; and of an earlier one what only a boot takes away.
  std::vector<Fault> faults_at(const Sight& now) const;
  // The newer eBPF of somebody else that stays where this version is wanted; "" for none.
  std::string stays(const std::string& version) const;
  void judge_success(Command command, const Sight& now, const Told& told,
                     const std::string& version);
  void keep(Findings found, const Sight& now);
  void run_recovery_task();
  void after_boot();
  bool resumes_well(Findings& found);
  bool is_as_wanted(const Sight& now, Findings& found) const;
  Sight sight() const { return look(*vm_.home()); }

  const lab::Vm& vm_;
  const World* world_;
  std::string folder_;
  std::map<std::string, std::unique_ptr<lab::Package>> packages_;
  std::string current_;  // version whose handler is there; "" for none
  std::string wanted_;   // version that the goal state names; "" for none
  std::string theirs_;   // version of the PowerShell handler that was there last
  Next next_ = Next::kNothing;
  int sequence_ = 0;
  bool proxy_wanted_ = false;
  bool armed_ = true;
  bool is_there_ = false;  // the world's newer eBPF of somebody else, not replaced by ours
  bool is_preparing_ = false;
  bool said_restart_ = false;  // the last command named a restart
  std::optional<Death> death_;
  bool died_ = false;           // the last call was killed
  bool removal_died_ = false;   // in the operation that is going on: an uninstall was killed
  std::vector<Fault> lasting_;  // marks of worlds whose cause is gone
  std::string killed_;
  bool counts_deaths_ = false;
  std::vector<std::size_t> deaths_;
  std::vector<std::string> proxy_had_;
  Sight virgin_;  // before eBPF came
  Sight began_;   // before the operation that is going on
  std::optional<Meddling> meddling_;
  Told last_;
  Findings findings_;
  WaiverCounts waived_;
  std::string story_;
};

}  // namespace world
