#include "tests/world/world.h"

#include <algorithm>
#include <array>
#include <utility>

#include "tests/world/furniture.h"

namespace world {
namespace {

constexpr std::array<std::pair<std::string_view, Moment>, 4> kMoments{
    {{"created", Moment::kCreated},
     {"installed", Moment::kInstalled},
     {"disabled", Moment::kDisabled},
     {"cleared", Moment::kCleared}}};

Change change_of(const World& world, Moment moment) {
  switch (moment) {
    case Moment::kCreated:
      return world.at_creation;
    case Moment::kInstalled:
      return world.when_installed;
    case Moment::kDisabled:
      return world.behind_disable;
    case Moment::kCleared:
      return world.when_cleared;
  }
  return nullptr;
}

// The proxy's own set-up runs again, as it does with each version of the proxy. One that depends on
// nothing was made by another one.
void set_up_proxy(VmHome& vm) {
  if (!has_service(vm, kProxy) || !has_service(vm, kEbpfService)) return;
  if (dependencies_of(vm, kProxy).empty()) return;
  arm(vm, std::string("service:") + kProxy, {"depends=EbpfCore,NetEbpfExt,eBPFSvc"});
}

}  // namespace

std::optional<Moment> moment_from(std::string_view text) {
  const auto* row = std::find_if(kMoments.begin(), kMoments.end(),
                                 [&](const auto& moment) { return moment.first == text; });
  if (row == kMoments.end()) return std::nullopt;
  return row->second;
}

const World* find(std::string_view name) {
  const auto all = worlds();
  const auto row =
      std::find_if(all.begin(), all.end(), [&](const World& world) { return world.name == name; });
  return row == all.end() ? nullptr : &*row;
}

std::string list_text() {
  std::size_t width = 0;
  for (const World& world : worlds())
    width = std::max(width, world.name.size());
  std::string text;
  for (const World& world : worlds()) {
    text += std::string(world.name) + std::string(width + 2 - world.name.size(), ' ');
    text += std::string(world.sentence) + "\n";
  }
  return text;
}

VmOptions options_of(std::span<const World* const> worlds, VmOptions options) {
  for (const World* world : worlds) {
    if (world->options != nullptr) world->options(options);
  }
  return options;
}

bool begins_with(const World& world) {
  return world.at_creation != nullptr && world.when_installed == nullptr;
}

void apply(VmHome& vm, std::span<const World* const> worlds, Moment moment) {
  if (moment == Moment::kInstalled) durably(vm, set_up_proxy);
  if (moment == Moment::kCleared) clear_all(vm);
  for (const World* world : worlds) {
    const Change change = change_of(*world, moment);
    if (change != nullptr) durably(vm, change);
  }
}

void apply(VmHome& vm, const World& world, Moment moment) {
  const World* one = &world;
  apply(vm, {&one, 1}, moment);
}

}  // namespace world
