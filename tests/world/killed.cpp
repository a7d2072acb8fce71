#include "tests/world/killed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <random>
#include <string>

#include "tests/lab/every.h"
#include "tests/lab/temporary_folder.h"
#include "tests/world/known_wrong.h"
#include "tests/world/lives.h"
#include "tests/world/payload.h"

namespace world {
namespace {

// The lives that have every command of the VM Agent among them.
constexpr std::array kKilledLives{"install", "disable", "uninstall", "update", "hand-over"};

// Nobody comes back for an uninstall that died and whose journal is lost, but the next install.
constexpr Life kUninstallInstall{"uninstall, install", "", "1.0.0", [](VmAgent& agent) {
                                   agent.uninstall();
                                   agent.install("1.0.0");
                                 }};

const Life& life_named(std::string_view name) {
  return *std::ranges::find(lives(), name, &Life::name);
}

// Only the journal that was damaged knew what a removal has taken out of the proxy's dependencies.
bool is_forgotten(const Finding& finding) {
  return finding.rule == Rule::kOthersUnchanged && finding.object == "service:GuestProxyAgent";
}

void judge(const World& world, const Lived& lived, const std::string& what, bool flipped = false) {
  const auto wrong = std::ranges::find_if(lived.findings, [&](const Finding& finding) {
    return !is_known_wrong(world.name, finding.rule) && !(flipped && is_forgotten(finding));
  });
  if (wrong == lived.findings.end()) return;
  ADD_FAILURE() << "world " << world.name << " (" << world.sentence << "), " << what << ":\n  "
                << sentence_of(wrong->rule) << "\n  " << to_text(*wrong) << "\n"
                << lived.story;
}

void live_death(const World& world, const Life& life, const Death& death) {
  const lab::TemporaryFolder folder;
  const Lived lived = live(world, life, folder.path().string(), death);
  judge(world, lived,
        "life " + std::string(life.name) + ", death " + std::to_string(death.shot) + " in call " +
            std::to_string(death.call) +
            (death.flip ? ", flip " + std::to_string(*death.flip) : ""),
        death.flip.has_value());
}

std::size_t calls_of(const Life& life) {
  constexpr std::size_t kOfAnUpdate = 5;
  constexpr std::size_t kOfAHandOver = 3;  // ours
  if (std::string_view(life.name) == "update") return kOfAnUpdate;
  return std::string_view(life.name) == "hand-over" ? kOfAHandOver : 2;
}

template <typename Each>
void for_each_life(Each each) {
  for (const World& world : worlds()) {
    for (const char* name : kKilledLives) {
      const Life& named = life_named(name);
      const bool loses_journal = named.name == "uninstall" && world.behind_disable != nullptr;
      const Life& life = loses_journal ? kUninstallInstall : named;
      if (can_live(world, life)) each(world, life);
    }
  }
}

}  // namespace

void live_a_death_each() {
  std::size_t number = 0;
  std::size_t lived = 0;
  std::mt19937_64 random;
  for_each_life([&](const World& world, const Life& life) {
    const Death death{random() % calls_of(life), random()};
    if (number++ % lab::every() != 0) return;
    live_death(world, life, death);
    ++lived;
  });
  std::cout << "[ killed   ] " << lived << " lives with a death\n";
}

void live_deaths(std::size_t every) {
  std::size_t number = 0;
  std::size_t lived = 0;
  for_each_life([&](const World& world, const Life& life) {
    const lab::TemporaryFolder folder;
    for (const Death& death : deaths_of(world, life, folder.path().string())) {
      if (number++ % (every * lab::every()) != 0) continue;
      live_death(world, life, death);
      ++lived;
    }
  });
  std::cout << "[ killed   ] " << lived << " of " << number << " lives with a death\n";
}

void live_flips(std::size_t lives) {
  std::mt19937_64 random;
  const World& plain = *find("plain");
  for (std::size_t number = 0; number < lives / lab::every(); ++number) {
    const Life& named = life_named(kKilledLives[number % kKilledLives.size()]);
    const Life& life = named.name == "uninstall" ? kUninstallInstall : named;
    live_death(plain, life,
               {.call = random() % calls_of(life), .shot = random(), .flip = random()});
  }
  std::cout << "[ flips    ] " << lives / lab::every() << " lives with a flipped bit\n";
}

void live_updates(std::size_t every) {
  std::size_t number = 0;
  std::size_t lived = 0;
  for (const World& world : worlds()) {
    if (world.only_fresh) continue;
    for (const std::string from : kVersions) {
      for (const std::string to : kVersions) {
        if (from == to || number++ % (every * lab::every()) != 0) continue;
        const lab::TemporaryFolder folder;
        judge(world, live_update(world, from, to, folder.path().string()),
              "update " + from + " to " + to);
        ++lived;
      }
    }
  }
  std::cout << "[ updates  ] " << lived << " of " << number << " updates in a world\n";
}

}  // namespace world
