// `doctor` behind every life in every world, and behind deaths: what it says is done, and all is
// well but for what nobody at the VM can end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "engine/support/checkup.h"
#include "tests/lab/doctor.h"
#include "tests/lab/temporary_folder.h"
#include "tests/world/chosen.h"
#include "tests/world/furniture.h"
#include "tests/world/lives.h"

namespace world {
namespace {

using engine::support::Checkup;
using engine::support::Mark;

bool is_chosen(const World& world) {
  const std::string only = chosen("EBPF_WORLD");
  return only.empty() || only == world.name;
}

lab::Package& package_of(VmAgent& agent) {
  return agent.package(agent.has_handler() ? agent.current() : "1.0.0");
}

// Where the last command failed only the next deployment ends that; PATH stays as it is full.
bool is_curable(const World& world, const std::string& object) {
  return object != "the last command" && !(world.name == "path-near-limit" && object == "Path");
}

void expect_cured(const World& world, Home& home) {
  const Checkup checkup = lab::cured(home.vm(), package_of(home.agent()));
  for (const auto& checked : checkup.all()) {
    const bool is_wrong = checked.mark == Mark::kTrouble || checked.mark == Mark::kUnknown;
    EXPECT_FALSE(is_wrong && is_curable(world, checked.object))
        << home.agent().story() << checkup_text(checkup);
  }
}

TEST(DoctorInWorldsFull, Behind_every_life_its_advice_cures_what_somebody_at_the_VM_can) {
  for (const World& world : worlds()) {
    for (const Life& life : lives()) {
      if (!is_chosen(world) || !can_live(world, life)) continue;
      SCOPED_TRACE(std::string(world.name) + ", " + std::string(life.name));
      const lab::TemporaryFolder folder;
      Home home(world, std::string(life.has), folder.path().string());
      life.live(home.agent());
      home.agent().clear_and_go_on();
      pass(*home.vm().home(), 120'000);  // GuestProxyAgent writes its status anew
      expect_cured(world, home);
    }
  }
}

TEST(DoctorInWorldsFull, Behind_deaths_in_every_life_it_tells_of_them_and_its_advice_leads_out) {
  constexpr std::size_t kEach = 15;  // of a life's deaths, which are alike
  const World& world = *find("plain");
  for (const Life& life : lives()) {
    const lab::TemporaryFolder counted;
    const std::vector<Death> deaths = deaths_of(world, life, counted.path().string());
    for (std::size_t at = 0; at < deaths.size(); at += kEach) {
      SCOPED_TRACE(std::string(life.name) + ", death " + std::to_string(at));
      const lab::TemporaryFolder folder;
      Home home(world, std::string(life.has), folder.path().string());
      home.agent().die_in(deaths[at]);
      life.live(home.agent());
      pass(*home.vm().home(), 120'000);
      expect_cured(world, home);
    }
  }
}

}  // namespace
}  // namespace world
