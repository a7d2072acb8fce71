#include "tests/world/lives.h"

#include <array>

namespace world {
namespace {

// clang-format off
constexpr std::array kLives{
    Life{"install", "install 1.0.0, enable", "",
         [](VmAgent& agent) { agent.install("1.0.0"); }},
    Life{"enable", "enable again", "1.0.0",
         [](VmAgent& agent) { agent.enable(); }},
    Life{"boot", "a boot, enable", "1.0.0",
         [](VmAgent& agent) { agent.boot(); agent.enable(); }},
    Life{"disable", "disable, enable", "1.0.0",
         [](VmAgent& agent) { agent.disable(); agent.enable(); }},
    Life{"uninstall", "disable, uninstall", "1.0.0",
         [](VmAgent& agent) { agent.uninstall(); }},
    Life{"update", "update 0.9.1 to 1.0.0", "0.9.1",
         [](VmAgent& agent) { agent.update("1.0.0"); }},
    Life{"update-next", "update 1.0.0 to 1.1.0", "1.0.0",
         [](VmAgent& agent) { agent.update("1.1.0"); }},
    Life{"update-again", "update 0.9.1 to 1.0.0, then three times on where it was, a boot before the last", "0.9.1",
         [](VmAgent& agent) {
           agent.update("1.0.0");
           agent.resume();
           agent.resume();
           agent.boot();
           agent.resume();
         }},
    Life{"downgrade", "downgrade 1.0.0 to 0.9.1", "1.0.0",
         [](VmAgent& agent) { agent.update("0.9.1"); }},
    Life{"back-again", "downgrade 1.0.0 to 0.9.1 of the PowerShell handler, update that to 0.10.0", "1.0.0",
         [](VmAgent& agent) {
           if (agent.hand_over("0.9.1")) agent.come_back("0.10.0");
         }},
    Life{"hand-over", "downgrade 1.0.0 to 0.9.1 of the PowerShell handler", "1.0.0",
         [](VmAgent& agent) { agent.hand_over("0.9.1"); }},
};
// clang-format on

}  // namespace

std::span<const Life> lives() { return kLives; }

bool can_live(const World& world, const Life& life) {
  return life.has.empty() || !world.only_fresh;
}

lab::Vm Home::made(const World& world, const std::string& has, const std::string& folder) {
  const World* const one = &world;
  lab::Vm vm = lab::Vm::in_memory(folder + "/vm", options_of({&one, 1}));
  if (has.empty() || begins_with(world)) apply(*vm.home(), world, Moment::kCreated);
  return vm;
}

Home::Home(const World& world, const std::string& has, const std::string& folder)
    : vm_(made(world, has, folder)), agent_(vm_, world, folder + "/packages") {
  if (!has.empty()) agent_.prepare(has);
}

namespace {

Lived end_of(Home& home) {
  home.agent().clear_and_go_on();
  return {home.agent().findings(), home.agent().waived(), home.agent().story()};
}

}  // namespace

Lived live(const World& world, const Life& life, const std::string& folder,
           const std::optional<Death>& death) {
  Home home(world, std::string(life.has), folder);
  if (death) home.agent().die_in(*death);
  life.live(home.agent());
  return end_of(home);
}

Lived live_update(const World& world, const std::string& from, const std::string& to,
                  const std::string& folder) {
  Home home(world, from, folder);
  home.agent().update(to);
  return end_of(home);
}

std::vector<Death> deaths_of(const World& world, const Life& life, const std::string& folder) {
  Home home(world, std::string(life.has), folder);
  home.agent().count_deaths();
  life.live(home.agent());
  std::vector<Death> deaths;
  for (std::size_t call = 0; call < home.agent().deaths().size(); ++call) {
    for (std::size_t shot = 0; shot < home.agent().deaths()[call]; ++shot)
      deaths.push_back({call, shot});
  }
  return deaths;
}

}  // namespace world
