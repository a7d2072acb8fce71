#include "tests/golden/coverage.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "tests/golden/journal_lines.h"
#include "tests/golden/machine_lines.h"
#include "tests/golden/story.h"

namespace golden {
namespace {

// A case as the files have it, with the lives that are lived from it.
struct Told {
  std::string scenario;
  std::string title;
  Lines lines;
  std::map<std::string, Lines> outcomes;  // by life

  bool has_tag(const std::string& tag) const { return title.find("| " + tag) != std::string::npos; }
  bool lives(const std::string& life) const { return outcomes.contains(life); }
  bool is_killed() const { return title.find(":") != std::string::npos; }
  bool says(const std::string& text) const {
    return std::any_of(outcomes.begin(), outcomes.end(), [&text](const auto& outcome) {
      return std::any_of(outcome.second.begin(), outcome.second.end(), [&text](const auto& line) {
        return line.second.find(text) != std::string::npos;
      });
    });
  }
};

std::vector<Told> all_told() {
  std::vector<Told> all;
  for (const Scenario& scenario : scenarios()) {
    for (const Section& section : sections_of(scenario)) {
      if (section.kind == "case") {
        all.push_back({scenario.name, section.title, section.lines, {}});
      } else if (section.kind == "outcome") {
        all.back().outcomes[section.title] = section.lines;
      }
    }
  }
  return all;
}

bool any_state(const Told& told, const std::string& table, const std::string& state) {
  return std::any_of(told.lines.begin(), told.lines.end(), [&](const auto& line) {
    return line.first.starts_with(table + " ") && line.first.ends_with(" state") &&
           line.second == "'" + state + "'";
  });
}

bool is_recovered(const Lines& lines, const StepFact& step) {
  const std::string state = column(lines, "txn", step.transaction, "state");
  if (state != "committed")
    return state == "open" || state == "undoing" || state == "reboot-needed";
  std::string operation = column(lines, "txn", step.transaction, "operation_id");
  operation.insert(0, 4 - std::min<std::size_t>(operation.size(), 4), '0');
  return column(lines, "operation", operation, "state") == "undoing";
}

int armed_steps(const Lines& lines) {
  const auto steps = step_facts(lines);
  return static_cast<int>(std::count_if(steps.begin(), steps.end(), [&lines](const StepFact& step) {
    return step.state == "armed" && column(lines, "txn", step.transaction, "state") == "open";
  }));
}

struct Situation {
  std::string name;
  std::function<bool(const Told&)> is_told;
};

Situation killed(const std::string& command) {
  return {"the " + command + " of an update is killed", [command](const Told& told) {
            return told.scenario == "update_" + command && told.is_killed() &&
                   told.lives("recover");
          }};
}

bool is_undo_killed(const Told& told, const std::string& life) {
  return told.is_killed() && any_state(told, "txn", "undoing") && told.lives(life);
}

const std::vector<Situation>& known_situations() {
  static const std::vector<Situation> kSituations{
      killed("disable"),
      killed("update"),
      killed("uninstall"),
      killed("install"),
      killed("enable"),
      {"an undo is killed, recovered in the same boot",
       [](const Told& told) { return is_undo_killed(told, "recover"); }},
      {"an undo is killed, recovered after a boot",
       [](const Told& told) { return is_undo_killed(told, "boot recover"); }},
      {"a recovery is killed",
       [](const Told& told) { return told.scenario == "recover" && told.is_killed(); }},
      {"an uninstall is killed past its first deletion",
       [](const Told& told) { return told.is_killed() && told.says("completed by recovery"); }},
      {"steps are inherited", [](const Told& told) { return armed_steps(told.lines) > 1; }},
      {"a boot is needed",
       [](const Told& told) {
         return any_state(told, "txn", "reboot-needed") && told.lives("recover") &&
                told.lives("mended boot recover");
       }},
      {"a removal waits for a boot",
       [](const Told& told) {
         return told.lines.contains("meta uninstall_due") && told.lives("mended boot abandoned");
       }},
      {"inconsistent, and taken over",
       [](const Told& told) {
         return any_state(told, "txn", "inconsistent") && told.lives("mended install");
       }},
      {"a clone", [](const Told& told) { return told.says("This machine is a clone"); }},
      {"a journal was lost",
       [](const Told& told) { return told.lines.contains("meta take_over"); }},
      {"an update is open and nobody comes",
       [](const Told& told) {
         return any_state(told, "operation", "open") && told.lives("boot abandoned");
       }},
  };
  return kSituations;
}

// An armed step's machine: what the tag says must be so. In the middle is another machine than
// before and after.
void check_tags(const std::vector<Told>& all) {
  std::map<std::string, std::map<std::string, Lines>> machines;  // by scenario and kind
  for (const Told& told : all) {
    for (const char* state : {"armed-before", "armed-middle", "armed-after"}) {
      const std::size_t at = told.title.find(std::string("| ") + state + " ");
      if (at == std::string::npos) continue;
      const std::string kind = told.title.substr(told.title.rfind(' ') + 1);
      const auto steps = step_facts(told.lines);
      const bool armed = std::any_of(steps.begin(), steps.end(), [&kind](const StepFact& step) {
        return step.kind == kind && step.state == "armed";
      });
      auto& known = machines[told.scenario + " " + kind];
      Lines machine = without_rows(told.lines);
      std::erase_if(machine, [](const auto& line) { return line.first.starts_with("host "); });
      const bool new_machine =
          std::string(state) == "armed-after" ||
          std::none_of(known.begin(), known.end(),
                       [&machine](const auto& other) { return other.second == machine; });
      if (!armed || !new_machine)
        throw std::runtime_error(told.scenario + ": is not what it says: " + told.title);
      known[state] = machine;
    }
  }
}

void add_steps(Coverage& coverage, const Told& told) {
  std::set<std::string> cells;  // a case counts once
  for (const StepFact& step : step_facts(told.lines)) {
    if (!is_recovered(told.lines, step)) continue;
    std::string state = step.state;
    if (state == "armed") {
      for (const std::string& how : kStepStates)
        if (told.has_tag(how + " " + step.kind)) state = how;
    }
    auto& counts = told.title.starts_with("by hand") ? coverage.by_hand : coverage.steps;
    if (cells.insert(step.kind + " " + state).second) ++counts[step.kind][state];
  }
}

void add_states(std::map<std::string, int>& states, const Told& told, const std::string& table) {
  std::set<std::string> found;
  for (const auto& [key, value] : those_under(told.lines, table + " "))
    if (key.ends_with(" state")) found.insert(value.substr(1, value.size() - 2));
  for (const std::string& state : found)
    ++states[state];
}

}  // namespace

const std::vector<std::string>& situations() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const Situation& situation : known_situations())
      names.push_back(situation.name);
    return names;
  }();
  return kNames;
}

Coverage coverage() {
  Coverage coverage;
  const std::vector<Told> all = all_told();
  check_tags(all);
  for (const Told& told : all) {
    ++coverage.cases;
    coverage.lives += static_cast<int>(told.outcomes.size());
    if (told.outcomes.empty()) continue;  // nothing shows that it is read
    add_steps(coverage, told);
    add_states(coverage.transactions, told, "txn");
    add_states(coverage.operations, told, "operation");
    for (const auto& [key, value] : those_under(told.lines, "meta "))
      ++coverage.meta[key.substr(5)];
    for (const Situation& situation : known_situations())
      if (situation.is_told(told)) ++coverage.situations[situation.name];
  }
  return coverage;
}

}  // namespace golden
