// explore --seeds N --from S: seeded lives under the oracle; the first that fails is shrunk and
// printed as a script of simvm. explore --seed S: that life alone, with its story.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <optional>

#include "tests/lab/temporary_folder.h"
#include "tests/world/explore.h"

namespace {

struct CommandLine {
  std::uint64_t seeds = 100;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> seed;
  std::size_t events = 30;
  bool go_on = false;
};

void print(const world::SeededLife& life, const world::Explored& explored) {
  std::cout << "seed " << life.seed << ", in world " << explored.world << ":\n  "
            << world::sentence_of(explored.first->rule) << "\n  " << world::to_text(*explored.first)
            << '\n';
}

// Returns true if nothing new is wrong.
bool live(const CommandLine& line, std::uint64_t seed) {
  const world::SeededLife life = world::life_of(seed, line.events);
  const lab::TemporaryFolder folder;
  const world::Explored explored = world::explore(life, folder.path().string());
  if (line.seed) std::cout << explored.story;
  if (!explored.first) return true;
  print(life, explored);
  const world::SeededLife shortest = world::shrunk(life, explored.first->rule);
  const lab::TemporaryFolder again;
  const world::Explored end = world::explore(shortest, again.path().string());
  std::cout << "The shortest (" << shortest.events.size() << " of " << life.events.size()
            << " events):\n"
            << end.script << end.story << "Once more: explore --seed " << seed << " --events "
            << line.events << '\n';
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Seeded lives of simulated machines, under the oracle", "explore");
  CommandLine line;
  app.add_option("--seeds", line.seeds, "how many lives; 100 unless told");
  app.add_option("--from", line.from, "the first seed; 1 unless told");
  app.add_option("--seed", line.seed, "this one alone, with its story");
  app.add_option("--events", line.events, "the most events of a life; 30 unless told")
      ->check(CLI::Range(2, 1000));
  app.add_flag("--go-on", line.go_on, "also behind a life that fails");
  CLI11_PARSE(app, argc, argv);
  bool well = true;
  if (line.seed) return live(line, *line.seed) ? 0 : 1;
  std::uint64_t seed = line.from;
  for (; seed < line.from + line.seeds && (well || line.go_on); ++seed)
    well = live(line, seed) && well;
  std::cout << seed - line.from << " lives, seeds " << line.from << " to " << seed - 1 << '\n';
  return well ? 0 : 1;
}
