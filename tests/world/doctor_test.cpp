// `doctor` in every world: what is wrong there is named, with what to do, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
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

// What is not as it should be on a machine of a world, before eBPF comes or with 1.0.0 on it.
struct Row {
  std::string_view world;
  std::string_view has;
  std::vector<std::string_view> troubles;  // objects of trouble and of what is unknown, as told
};

// A machine that has no row is well.
const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      {"proxy-unhealthy", "1.0.0", {"GuestProxyAgent"}},
      {"proxy-down-since-boot", "1.0.0", {"NetEbpfExt", "GuestProxyAgent"}},
      {"core-failed-at-boot", "1.0.0", {"EbpfCore", "eBPFSvc", "GuestProxyAgent"}},
      {"core-marked", "1.0.0", {"EbpfCore"}},
      {"deletions-queued", "1.0.0", {"the next boot"}},
      {"disk-full", "", {"room"}},
      {"disk-full", "1.0.0", {"room"}},
      {"disk-nearly-full", "", {"room"}},
      {"disk-nearly-full", "1.0.0", {"room"}},
      {"path-near-limit", "1.0.0", {"Path"}},
      {"no-task-scheduler", "1.0.0", {"TracingTasks", "TracingTasks"}},
      {"error-control-critical", "1.0.0", {"EbpfCore", "NetEbpfExt"}},
      {"images-quoted", "1.0.0", {"EbpfCore", "NetEbpfExt"}},
      {"service-crashes", "1.0.0", {"eBPFSvc"}},
      {"safe-mode", "", {"Safe Mode"}},
      {"safe-mode", "1.0.0", {"Safe Mode"}},
      {"elsewhere-newer", "", {"the eBPF on this VM"}},
      {"elsewhere-newer-over-ours", "1.0.0", {"the eBPF on this VM"}},
      {"msi-older", "", {"the eBPF on this VM"}},
      {"msi-newer", "", {"the eBPF on this VM"}},
      {"msi-newer-over-ours", "1.0.0", {"the eBPF on this VM"}},
      {"company-group", "1.0.0", {R"(C:\Program Files\ebpf-for-windows)"}},
  };
  return kRows;
}

std::vector<std::string_view> expected(const World& world, std::string_view has) {
  for (const Row& row : rows())
    if (row.world == world.name && row.has == has) return row.troubles;
  return {};
}

// Each time a thing that is not well is told with what to do.
std::vector<std::string> told(const Checkup& checkup) {
  std::vector<std::string> objects;
  for (const auto& checked : checkup.all()) {
    if (checked.mark != Mark::kTrouble && checked.mark != Mark::kUnknown) continue;
    objects.push_back(checked.object);
    EXPECT_FALSE(checked.advice.words.empty()) << checked.object << ": " << checked.text;
  }
  return objects;
}

// EBPF_WORLD chooses one.
bool is_chosen(const World& world) {
  const std::string only = chosen("EBPF_WORLD");
  return only.empty() || only == world.name;
}

TEST(DoctorInWorlds, What_is_wrong_in_a_world_is_named_and_nothing_else) {
  for (const World& world : worlds()) {
    for (const std::string has : {"", "1.0.0"}) {
      if (!is_chosen(world) || (!has.empty() && world.only_fresh)) continue;
      SCOPED_TRACE(std::string(world.name) + " with eBPF " + has);
      const lab::TemporaryFolder folder;
      Home home(world, has, folder.path().string());
      const Checkup checkup = lab::doctor(home.vm(), home.agent().package("1.0.0"));
      const auto wanted = expected(world, has);
      EXPECT_THAT(told(checkup), testing::ElementsAreArray(wanted)) << checkup_text(checkup);
    }
  }
}

TEST(DoctorInWorlds, Once_the_cause_is_gone_and_the_VM_Agent_has_gone_on_advice_cures_the_rest) {
  for (const World& world : worlds()) {
    if (!is_chosen(world) || world.only_fresh) continue;
    SCOPED_TRACE(std::string(world.name));
    const lab::TemporaryFolder folder;
    Home home(world, "1.0.0", folder.path().string());
    home.agent().enable();
    home.agent().clear_and_go_on();
    pass(*home.vm().home(), 120'000);  // GuestProxyAgent writes its status anew
    const Checkup checkup = lab::cured(home.vm(), home.agent().package("1.0.0"));
    if (world.name == "path-near-limit") {
      EXPECT_THAT(told(checkup), testing::ElementsAre("Path"));  // that cause stays
      EXPECT_THAT(checkup_json(checkup).dump(), testing::HasSubstr("longer than 32766 characters"));
      continue;
    }
    EXPECT_THAT(told(checkup), testing::IsEmpty()) << home.agent().story() << checkup_text(checkup);
  }
}

TEST(DoctorInWorlds, Behind_every_life_on_a_plain_machine_all_is_well) {
  for (const Life& life : lives()) {
    SCOPED_TRACE(std::string(life.name));
    const lab::TemporaryFolder folder;
    Home home(*find("plain"), std::string(life.has), folder.path().string());
    life.live(home.agent());
    const std::string has = home.agent().has_handler() ? home.agent().current() : "1.0.0";
    const Checkup checkup = lab::doctor(home.vm(), home.agent().package(has));
    EXPECT_THAT(told(checkup), testing::IsEmpty()) << home.agent().story() << checkup_text(checkup);
  }
}

}  // namespace
}  // namespace world
