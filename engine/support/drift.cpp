#include "engine/support/drift.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "actions/all_kinds.h"
#include "actions/catalogue.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/product/components.h"

namespace engine::support {
namespace {

using actions::Probe;
using errors::ExitCode;
using errors::Failure;
using journal::StepState;
using journal::Transaction;
using journal::TransactionState;

constexpr std::string_view kRunning = "running";

// Kinds of steps whose effect lasts, and can be judged as long as the journal has the step.
struct AspectRow {
  std::string_view kind;
  std::string_view aspect;
  bool of_service;
};
constexpr std::array kAspects{
    AspectRow{actions::services::RegisterService::kKind, "registration", true},
    AspectRow{actions::services::UnregisterService::kKind, "registration", true},
    AspectRow{actions::services::SetStartType::kKind, "start type", true},
    AspectRow{actions::services::StartService::kKind, kRunning, true},
    AspectRow{actions::services::StopService::kKind, kRunning, true},
    AspectRow{actions::registry::AddToPath::kKind, "PATH", false},
    AspectRow{actions::registry::RemoveFromPath::kKind, "PATH", false},
    AspectRow{actions::registry::RegisterNetshHelper::kKind, "netsh helper", false},
    AspectRow{actions::registry::UnregisterNetshHelper::kKind, "netsh helper", false},
    AspectRow{actions::tasks::RegisterTask::kKind, "task", false},
    AspectRow{actions::tasks::UnregisterTask::kKind, "task", false},
    AspectRow{actions::tasks::DisableTask::kKind, "task", false},
    AspectRow{actions::tasks::EnableTask::kKind, "task", false},
};

// nullptr: the step is not judged. What owners of other services do with them is theirs.
const AspectRow* aspect_of(const journal::Step& step) {
  const auto* row = std::ranges::find(kAspects, step.kind, &AspectRow::kind);
  if (row == kAspects.end()) return nullptr;
  return row->of_service && product::component_of_service(step.target) == nullptr ? nullptr : row;
}

std::string command_of(const Transaction& transaction) {
  return transaction.command + " (transaction " + std::to_string(transaction.id) + ")";
}

std::string_view words_of(Probe probe) {
  switch (probe) {
    case Probe::kBefore:
      return "as found";
    case Probe::kAfter:
      return "as left";
    case Probe::kBetween:
      return "half-way";
    case Probe::kForeign:
      return "foreign (neither as found nor as left)";
    case Probe::kMoving:
      return "on its way (pending, or marked for deletion)";
  }
  return "unknown";
}

// `known_after`: what apply left counts.
Probe probe_of(machine::Machine& machine, const journal::Step& step, bool known_after) {
  if (!step.damage.empty())
    throw Failure(ExitCode::kJournalUnusable, step.target, "read its step: " + step.damage);
  const auto action = actions::rebuild(step.kind, step.parameters);
  if (!action) {
    throw Failure(ExitCode::kJournalTooNew, step.target,
                  "look at it by the action " + step.kind + " of a newer program");
  }
  return action->probe(machine, step.before, known_after ? step.after : actions::Json());
}

// A step that decides how its object is to be.
struct Deciding {
  Transaction transaction;
  journal::Step step;
  bool was_undone = false;  // the object is to be as before it
};

using Key = std::pair<std::string_view, std::string>;  // aspect and folded object

// Collects the deciding step of each object, from the newest transaction to the oldest.
class DecidingSteps {
 public:
  explicit DecidingSteps(const journal::Records& records) : records_(records) {}

  // An undo goes from the newest step to the oldest, over all transactions of an operation: what
  // the oldest found is what is there.
  void take(const Transaction& transaction) {
    if (transaction.state == TransactionState::kRefused) return;
    const bool undone = transaction.state == TransactionState::kUndone;
    const bool same =
        undone && transaction.operation_id != 0 && transaction.operation_id == undone_operation_;
    if (!same) close();
    undone_operation_ = undone ? transaction.operation_id : 0;
    std::vector<journal::Step> steps = records_.steps(transaction.id);
    std::ranges::reverse(steps);
    const bool committed = transaction.state == TransactionState::kCommitted;
    for (journal::Step& step : steps) {
      const AspectRow* row = aspect_of(step);
      if (row == nullptr) continue;
      Key key{row->aspect, machine::fold_case(step.target)};
      if (closed_.contains(key)) continue;
      if (undone && step.state == StepState::kUndone) {
        open_.insert(key);
        found_.insert_or_assign(std::move(key), Deciding{transaction, std::move(step), true});
      } else if (committed && step.state == StepState::kDone) {
        closed_.insert(key);
        // With its registration all that was set of a service is gone.
        if (step.kind == actions::services::UnregisterService::kKind) {
          for (const AspectRow& other : kAspects)
            closed_.insert({other.aspect, key.second});
        }
        found_.insert_or_assign(std::move(key), Deciding{transaction, std::move(step), false});
      } else if (!committed && !undone && step.state != StepState::kPlanned) {
        closed_.insert(key);  // under way, or given up: told with its transaction
      }
    }
  }
  std::map<Key, Deciding> taken() {
    close();
    return std::move(found_);
  }

 private:
  void close() {
    closed_.merge(open_);
    open_.clear();
  }

  const journal::Records& records_;
  std::int64_t undone_operation_ = 0;
  std::set<Key> open_;  // decided by the undo of the operation that is being read
  std::set<Key> closed_;
  std::map<Key, Deciding> found_;
};

// A disable is in force until the next boot.
bool is_over(const Scene& scene, const Deciding& deciding) {
  return deciding.step.kind == actions::services::StopService::kKind && !deciding.was_undone &&
         deciding.transaction.boot_id != scene.machine.system().boot_id();
}

void probe_into(Drifts& drifts, const Scene& scene, const Deciding& deciding,
                std::string_view aspect) {
  if (is_over(scene, deciding)) return;
  const std::string& object = deciding.step.target;
  const auto failure = errors::failure_in([&] {
    const Probe found = probe_of(scene.machine, deciding.step, !deciding.was_undone);
    if (found == (deciding.was_undone ? Probe::kBefore : Probe::kAfter)) return;
    std::string words = std::string(aspect) + " not as ";
    words += deciding.was_undone
                 ? "before " + command_of(deciding.transaction) + ", which was undone"
                 : command_of(deciding.transaction) + " left it";
    drifts.add({.object = object, .words = words + ": " + std::string(words_of(found))});
  });
  if (failure) drifts.add({.object = object, .unseen = failure});
}

}  // namespace

std::string Drifts::tell(std::string_view object) {
  std::string words;
  for (Drift& drift : all_) {
    if (!machine::equal_paths(drift.object, object)) continue;
    drift.is_told = true;
    if (!drift.unseen) words += "; " + drift.words;
  }
  return words;
}

Drifts drifts_of(const Scene& scene, const Area& area) {
  Drifts drifts;
  // What a removal or a hand-over has left is nobody's business of ours.
  if (scene.records == nullptr || !(scene.is_settled() || scene.update)) return drifts;
  area.look("the journal's steps", [&] {
    DecidingSteps steps(*scene.records);
    std::vector<Transaction> transactions = scene.records->transactions();
    std::ranges::reverse(transactions);
    for (const Transaction& transaction : transactions)
      steps.take(transaction);
    for (const auto& [key, deciding] : steps.taken())
      probe_into(drifts, scene, deciding, key.first);
  });
  return drifts;
}

void check_other_drifts(const Drifts& drifts, const Area& area) {
  for (const Drift& drift : drifts.all()) {
    if (drift.is_told) continue;
    if (drift.unseen) {
      area.unknown(drift.object, *drift.unseen);
    } else {
      area.note(drift.object, drift.words);
    }
  }
}

void check_steps(const Scene& scene, const Transaction& transaction, const Area& area) {
  const std::string name = "transaction " + std::to_string(transaction.id);
  area.look(name, [&] {
    std::map<Probe, std::size_t> counts;
    std::size_t begun = 0;
    const std::vector<journal::Step> steps = scene.records->steps(transaction.id);
    for (const journal::Step& step : steps) {
      if (step.state == StepState::kPlanned || step.state == StepState::kFailed) continue;
      ++begun;
      const std::string object =
          "step " + std::to_string(step.position) + ", " + step.kind + " " + step.target;
      area.look(object, [&] {
        const Probe found = probe_of(scene.machine, step, step.state == StepState::kDone);
        ++counts[found];
        if (found != Probe::kBefore && found != Probe::kAfter)
          area.note(object, std::string(words_of(found)));
      });
    }
    area.note(name + "'s steps", std::to_string(begun) + " of " + std::to_string(steps.size()) +
                                     " begun; of what they change " +
                                     std::to_string(counts[Probe::kAfter]) + " are as left, " +
                                     std::to_string(counts[Probe::kBefore]) + " as found");
  });
}

}  // namespace engine::support
