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
};
// clang-format on

}  // namespace

std::span<const Life> lives() { return kLives; }

bool can_live(const World& world, const Life& life) {
  return life.has.empty() || !world.only_fresh;
}

Lived live(const World& world, const Life& life, const std::string& folder) {
  const World* const one = &world;
  const lab::Vm vm = lab::Vm::in_memory(folder + "/vm", options_of({&one, 1}));
  if (life.has.empty() || begins_with(world)) apply(*vm.home(), world, Moment::kCreated);
  VmAgent agent(vm, world, folder + "/packages");
  if (!life.has.empty()) agent.prepare(std::string(life.has));
  life.live(agent);
  agent.clear_and_go_on();
  return {agent.findings(), agent.waived(), agent.story()};
}

}  // namespace world
