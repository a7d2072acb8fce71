// explore --seeds N --from S: seeded lives under the oracle; the first that fails is shrunk and
// printed as a script of simvm. explore --seed S: that life alone, with its story.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <new>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "tests/lab/temporary_folder.h"
#include "tests/world/explore.h"

namespace {

struct CommandLine {
  std::uint64_t seeds = 100;
  std::uint64_t from = 1;
  std::optional<std::uint64_t> seed;
  std::size_t events = 30;
  bool go_on = false;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
};

void print(std::ostream& out, const world::SeededLife& life, const world::Explored& explored) {
  out << "seed " << life.seed << ", in world " << explored.world << ":\n  "
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
  const world::SeededLife shortest = world::shrunk(life, explored.first->rule);
  const lab::TemporaryFolder again;
  const world::Explored end = world::explore(shortest, again.path().string());
  std::ostringstream text;  // at once: others print too
  print(text, life, explored);
  text << "The shortest (" << shortest.events.size() << " of " << life.events.size()
       << " events):\n"
       << end.script << end.story << "Once more: explore --seed " << seed << " --events "
       << line.events << '\n';
  std::cout << text.str() << std::flush;
  return false;
}

// What the workers, which are processes, have in common.
struct Work {
  std::atomic<std::uint64_t> next;
  std::uint64_t end;
  std::atomic<bool> well = true;
};

void live_all(const CommandLine& line, Work& work) {
  while (work.well || line.go_on) {
    const std::uint64_t seed = work.next++;
    if (seed >= work.end) return;
    if (!live(line, seed)) work.well = false;
  }
}

Work& make_work(std::uint64_t from, std::uint64_t end) {
  void* shared =
      ::mmap(nullptr, sizeof(Work), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return *new (shared) Work{from, end};
}

// Each worker takes the next seed. Processes, since SQLite's layer is one a process.
void live_in_workers(const CommandLine& line, Work& work) {
  for (unsigned job = 0; job < line.jobs; ++job) {
    const pid_t worker = ::fork();
    if (worker < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (worker > 0) continue;
    live_all(line, work);
    ::_exit(0);
  }
  int status = 0;
  while (::wait(&status) > 0) {
    if (status == 0) continue;
    std::cout << "A worker died: explore --jobs 1 shows where\n";
    work.well = false;
  }
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
  app.add_option("--jobs", line.jobs, "how many lives at a time; one a processor unless told")
      ->check(CLI::Range(1, 64));
  CLI11_PARSE(app, argc, argv);
  if (line.seed) return live(line, *line.seed) ? 0 : 1;
  Work& work = make_work(line.from, line.from + line.seeds);
  if (line.jobs == 1) {
    live_all(line, work);
  } else {
    live_in_workers(line, work);
  }
  const std::uint64_t end = std::min<std::uint64_t>(work.next, work.end);
  std::cout << end - line.from << " lives, seeds " << line.from << " to " << end - 1 << '\n';
  return work.well ? 0 : 1;
}
