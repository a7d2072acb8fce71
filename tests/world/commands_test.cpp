// Every command in every world, under the oracle. EBPF_WORLD and EBPF_LIFE choose one, and print
// its story.
#include <gtest/gtest.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "tests/lab/temporary_folder.h"
#include "tests/world/chosen.h"
#include "tests/world/known_wrong.h"
#include "tests/world/lives.h"

namespace world {
namespace {

// What was found in one life, by rule; the first of each is kept for the message.
using ByRule = std::map<Rule, Findings>;

struct Cell {
  const World* world;
  const Life* life;
  ByRule found;
  std::string story;
};

ByRule by_rule(const Findings& findings) {
  ByRule found;
  for (const Finding& finding : findings)
    found[finding.rule].push_back(finding);
  return found;
}

// The number of rules that do not hold, in each world and life.
std::string table_text(const std::vector<Cell>& cells) {
  std::ostringstream out;
  out << std::left << std::setw(30) << "rules that do not hold";
  for (const Life& life : lives())
    out << std::setw(14) << life.name;
  const World* last = nullptr;
  for (const World& world : worlds()) {
    for (const Life& life : lives()) {
      const auto cell = std::ranges::find_if(
          cells, [&](const Cell& c) { return c.world == &world && c.life == &life; });
      if (last != &world) out << '\n' << std::setw(30) << world.name;
      last = &world;
      if (cell == cells.end()) {
        out << std::setw(14) << "-";
      } else if (cell->found.empty()) {
        out << std::setw(14) << ".";
      } else {
        out << std::setw(14) << cell->found.size();
      }
    }
  }
  return out.str() + "\n";
}

void judge(const Cell& cell) {
  for (const auto& [rule, findings] : cell.found) {
    if (known_wrong(cell.world->name, cell.life->name, rule) != nullptr) continue;
    ADD_FAILURE() << "world " << cell.world->name << " (" << cell.world->sentence << "), life "
                  << cell.life->name << ":\n  " << sentence_of(rule) << "\n  "
                  << to_text(findings.front()) << "\n  Once more: EBPF_WORLD=" << cell.world->name
                  << " EBPF_LIFE=" << cell.life->name << " world_tests --gtest_filter=Commands.*";
  }
  for (const KnownWrong& row : known_wrong()) {
    const bool is_here = std::ranges::count(worlds_of(row), cell.world->name) > 0;
    if (!is_here || row.life != cell.life->name || cell.found.contains(row.rule)) continue;
    ADD_FAILURE() << "in world " << cell.world->name << ", life " << row.life << ", "
                  << name_of(row.rule) << " holds now: take the world out of its row (" << row.id
                  << ") in tests/world/known_wrong.cpp";
  }
}

// The reports, each with the number of worlds, lives and rules in which it shows.
std::string known_text() {
  std::map<std::string_view, std::size_t> counts;
  std::size_t all = 0;
  for (const KnownWrong& row : known_wrong()) {
    counts[row.id] += worlds_of(row).size();
    all += worlds_of(row).size();
  }
  if (all == 0) return "nothing known to be wrong";
  std::string text = std::to_string(all) + " known to be wrong:";
  for (const auto& [id, count] : counts)
    text += " " + std::string(id) + " (" + std::to_string(count) + ")";
  return text;
}

TEST(Commands, Every_command_in_every_world_keeps_the_oracles_rules) {
  const std::string only_world = chosen("EBPF_WORLD");
  const std::string only_life = chosen("EBPF_LIFE");
  std::vector<Cell> cells;
  WaiverCounts waived;
  for (const World& world : worlds()) {
    for (const Life& life : lives()) {
      if (!can_live(world, life)) continue;
      if (!only_world.empty() && only_world != world.name) continue;
      if (!only_life.empty() && only_life != life.name) continue;
      const lab::TemporaryFolder folder;
      SCOPED_TRACE(std::string(world.name) + ", " + std::string(life.name));
      Lived lived = live(world, life, folder.path().string());
      for (const auto& [why, count] : lived.waived)
        waived[why] += count;
      cells.push_back({&world, &life, by_rule(lived.findings), std::move(lived.story)});
      judge(cells.back());
      if (!only_world.empty() && !only_life.empty()) std::cout << cells.back().story;
    }
  }
  ASSERT_FALSE(cells.empty());
  std::cout << table_text(cells) << '\n';
  std::cout << cells.size() << " lives; " << known_text() << '\n';
  for (const auto& [why, count] : waived)
    std::cout << "waived " << count << " times: " << why << '\n';
}

TEST(Commands, What_is_known_to_be_wrong_names_worlds_and_lives_that_there_are) {
  std::set<std::tuple<std::string_view, std::string_view, Rule>> seen;
  for (const KnownWrong& row : known_wrong()) {
    const auto life = std::ranges::find(lives(), row.life, &Life::name);
    ASSERT_NE(life, lives().end()) << row.life;
    for (const std::string_view name : worlds_of(row)) {
      const World* world = find(name);
      ASSERT_NE(world, nullptr) << name;
      EXPECT_TRUE(can_live(*world, *life)) << name << ", " << row.life;
      EXPECT_TRUE(seen.insert({name, row.life, row.rule}).second)
          << name << ", " << row.life << ", " << name_of(row.rule) << " is there twice";
    }
  }
}

}  // namespace
}  // namespace world
