#include "tests/golden/story.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

#include "tests/golden/journal_lines.h"
#include "tests/golden/life.h"
#include "tests/golden/machine_lines.h"
#include "tests/golden/renaming.h"

namespace golden {
namespace {

constexpr const char* kEnd = "end";
constexpr const char* kWritten = "written";

// The machine that a process leaves at one point of a run.
struct Frame {
  std::string point;
  Lines lines;
};

// Without the journal, the clock and what the VM Agent is told: what an action changes.
Lines changed_by_actions(const Lines& lines) {
  Lines some = without_rows(lines);
  std::erase_if(some, [](const auto& line) {
    return line.first.starts_with("host ") || line.first == "machine/clock_ms";
  });
  return some;
}

// Photographs in the middle of a line of a host's file say nothing about journals and actions.
bool is_torn(const lab::Shot& shot) {
  return shot.points.front().find(":torn") != std::string::npos;
}

std::string transaction_state(const Lines& lines, const std::string& id) {
  return column(lines, "txn", id, "state");
}

// The step that is being carried out or undone while these rows are the journal's. nullopt: none.
struct UnderWay {
  std::string what;  // "armed" or "undo"
  std::string kind;
};
std::optional<UnderWay> under_way(const Lines& rows) {
  const auto steps = step_facts(rows);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const std::string state = transaction_state(rows, step->transaction);
    if (state == "open" && step->state == "armed") return UnderWay{"armed", step->kind};
    const bool to_be_undone =
        step->state == "armed" || step->state == "done" || step->state == "undo-failed";
    if (state == "undoing" && to_be_undone) return UnderWay{"undo", step->kind};
  }
  return std::nullopt;
}

class Chooser {
 public:
  explicit Chooser(const Scenario& scenario) : scenario_(scenario) {}

  // Frames between two commits.
  void add_phase(const std::vector<Frame>& frames) {
    add_given_up(frames.front());
    const auto step = under_way(rows_in(frames.front().lines));
    if (!step || (step->what == "armed" && !scenario_.tells_apply)) return;
    if (!begun_.insert(step->what + step->kind).second) return;
    const Lines first = changed_by_actions(frames.front().lines);
    const Lines last = changed_by_actions(frames.back().lines);
    add(frames.front(), step->what + "-before " + step->kind);
    std::vector<const Frame*> between;
    for (const Frame& frame : frames) {
      const Lines machine = changed_by_actions(frame.lines);
      if (machine != first && machine != last) between.push_back(&frame);
    }
    if (!between.empty()) add(*between[between.size() / 2], step->what + "-middle " + step->kind);
    if (frames.size() > 1) add(frames.back(), step->what + "-after " + step->kind);
  }

  // The first that shows a step of a kind given up in a transaction that goes on.
  void add_given_up(const Frame& frame) {
    for (const StepFact& step : step_facts(frame.lines)) {
      const std::string tag = "failed " + step.kind;
      if (step.state == "failed" && transaction_state(frame.lines, step.transaction) == "open" &&
          begun_.insert(tag).second)
        add(frame, tag);
    }
  }

  void add_begin(const Frame& frame) {
    cases_.push_back({frame.point, {"begun"}, {"recover"}, frame.lines});
  }

  void add(const Frame& frame, const std::string& tag) {
    cases_.push_back({frame.point, {tag}, scenario_.lives, frame.lines});
  }

  std::vector<Case> take() { return std::move(cases_); }

 private:
  const Scenario& scenario_;
  std::set<std::string> begun_;
  std::vector<Case> cases_;
};

// What the first sections of a file are told from: the end of another scenario.
Before before_in(const std::vector<Section>& sections) {
  Before before;
  bool at_end = false;
  for (const Section& section : sections) {
    if (section.kind == "case") at_end = section.title.starts_with(kEnd);
    if (at_end && section.kind != "outcome") before[section.kind] = section.lines;
  }
  return before;
}

Before before_of(const Scenario& scenario) {
  return scenario.told_from.empty() ? Before()
                                    : before_in(sections_of(scenario_of(scenario.told_from)));
}

// The sections with outcomes and pictures as the program makes them now of the same machines.
std::vector<Section> lived_anew(const Scenario& scenario, std::vector<Section> sections) {
  Room room(scenario.packages);
  std::erase_if(sections, [](const Section& section) { return section.kind == kWritten; });
  Lines begun;
  for (Section& section : sections) {
    if (section.kind == "case") {
      begun = section.lines;
    } else if (section.kind == "outcome") {
      room.restore(begun);
      const engine::handler::Reply reply = live(room, scenario, section.title);
      section.lines = outcome(room, reply, begun);
    } else {
      section.lines = picture(room);
    }
  }
  return sections;
}

std::string joined(const std::vector<std::string>& tags) {
  std::string all;
  for (const std::string& tag : tags)
    all += (all.empty() ? "" : ", ") + tag;
  return all;
}

}  // namespace

std::vector<Case> cases_of(const Scenario& scenario, Room& room) {
  scenario.prepare(room);
  if (scenario.lives.empty()) {
    run(scenario, room);
    return {{kEnd, {"end of " + scenario.name}, scenario.lives_of_end, room.lines()}};
  }
  const lab::Film film = film_of(scenario, room);
  Chooser chooser(scenario);
  std::vector<Frame> phase;
  bool first = true;
  for (const lab::Shot& shot : film.shots()) {
    if (is_torn(shot)) continue;
    Frame frame{shot.points.front(), machine_lines(shot.photograph, room.folder())};
    if (!frame.lines.contains("meta created")) continue;  // no journal yet
    if (!phase.empty() && rows_in(phase.back().lines) != rows_in(frame.lines)) {
      chooser.add_phase(phase);
      phase.clear();
    }
    if (first) chooser.add_begin(frame);
    first = false;
    phase.push_back(std::move(frame));
  }
  if (!phase.empty()) chooser.add_phase(phase);
  std::vector<Case> cases = chooser.take();
  cases.push_back({kEnd, {"end of " + scenario.name}, scenario.lives_of_end, room.lines()});
  for (const Edit& edit : scenario.edits) {
    const auto from = std::find_if(cases.begin(), cases.end(), [&](const Case& one) {
      return std::find(one.tags.begin(), one.tags.end(), edit.from) != one.tags.end();
    });
    if (from == cases.end()) throw std::runtime_error(scenario.name + ": no case " + edit.from);
    Case edited{"by hand", {edit.tag}, edit.lives, from->lines};
    edit.change(edited.lines);
    cases.insert(from + 1, std::move(edited));
  }
  return cases;
}

Lines written(const Scenario& scenario, Room& room) {
  scenario.prepare(room);
  run(scenario, room);
  return with_ids_in_order(without_times(rows_of(room.camera().take(), room.folder())));
}

Lines written_as_told(const std::vector<Section>& sections) {
  for (const Section& section : sections)
    if (section.kind == "case" && section.title.starts_with(kEnd))
      return with_ids_in_order(without_times(rows_in(section.lines)));
  throw std::runtime_error("a golden file does not tell its end");
}

Lines changes(const Lines& told, const Lines& found) {
  Lines lines;
  for (const auto& [key, value] : told) {
    const auto now = found.find(key);
    if (now == found.end() || now->second != value) lines["- " + key] = value;
  }
  for (const auto& [key, value] : found) {
    const auto then = told.find(key);
    if (then == told.end() || then->second != value) lines["+ " + key] = value;
  }
  return lines;
}

Lines changes_as_told(const std::vector<Section>& sections) {
  const auto section = std::ranges::find(sections, kWritten, &Section::kind);
  return section == sections.end() ? Lines() : section->lines;
}

void record_outcomes() {
  std::map<std::string, std::vector<Section>> all;
  for (const Scenario& scenario : scenarios()) {
    std::vector<Section> sections = lived_anew(scenario, sections_of(scenario));
    Room room(scenario.packages);
    const Lines otherwise = changes(written_as_told(sections), written(scenario, room));
    if (!otherwise.empty()) sections.push_back({kWritten, "otherwise", otherwise});
    all[scenario.name] = std::move(sections);
  }
  for (const Scenario& scenario : scenarios()) {
    const Before before =
        scenario.told_from.empty() ? Before() : before_in(all.at(scenario.told_from));
    lab::write_file(path_of(scenario), text_of(all.at(scenario.name), before));
  }
}

std::string story_of(const Scenario& scenario) {
  std::vector<Section> sections;
  Room room(scenario.packages);
  for (const Case& one : cases_of(scenario, room)) {
    sections.push_back({"case", one.point + " | " + joined(one.tags), one.lines});
    for (const std::string& life : one.lives) {
      room.restore(one.lines);
      const engine::handler::Reply reply = live(room, scenario, life);
      sections.push_back({"outcome", life, outcome(room, reply, one.lines)});
      sections.push_back({"picture", life, picture(room)});
    }
  }
  return text_of(sections, before_of(scenario));
}

std::string path_of(const Scenario& scenario) {
  return EBPF_TEST_SOURCE "/tests/golden/cases/" + scenario.name + ".txt";
}

std::vector<Section> sections_of(const Scenario& scenario) {
  const std::string path = path_of(scenario);
  if (!std::filesystem::exists(path))
    throw std::runtime_error(path + " is missing: golden_tests --record-missing writes it");
  return sections_of(lab::read_file(path), before_of(scenario));
}

}  // namespace golden
