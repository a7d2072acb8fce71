// Whose eBPF a machine has: what is adopted or used is left as it was before the extension, and
// each row of the table of treatments is met in a world.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>

#include "engine/product/inventory.h"
#include "engine/product/origin.h"
#include "engine/product/treatment.h"
#include "journal/reader.h"
#include "package/version.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/furniture.h"
#include "tests/world/lives.h"

namespace world {
namespace {

using engine::commands::Command;
namespace product = engine::product;

void expect_well(Home& home) {
  for (const Finding& finding : home.agent().findings())
    ADD_FAILURE() << sentence_of(finding.rule) << "\n  " << to_text(finding) << "\n"
                  << home.agent().story();
}

// The oracle compares with the machine before the extension came, and the proxy runs.
TEST(Origins, What_is_adopted_or_used_is_left_as_it_was_before_the_extension) {
  for (const char* name : {"elsewhere-same", "msi-same"}) {
    SCOPED_TRACE(name);
    const lab::TemporaryFolder folder;
    Home home(*find(name), "", folder.path().string());
    EXPECT_TRUE(home.agent().install("1.0.0"));
    home.agent().boot();
    EXPECT_TRUE(home.agent().enable());
    EXPECT_TRUE(home.agent().uninstall());
    for (const char* service : {kCore, kExtension, kEbpfService, kProxy})
      EXPECT_TRUE(look(*home.vm().home()).runs(service)) << service;
    home.agent().boot();
    EXPECT_TRUE(look(*home.vm().home()).runs(kProxy));
    expect_well(home);
  }
}

TEST(Origins, What_our_update_replaced_goes_with_the_extension) {
  const lab::TemporaryFolder folder;
  Home home(*find("elsewhere-older"), "", folder.path().string());
  EXPECT_TRUE(home.agent().install("1.0.0"));
  lab::prepare(home.vm(), Command::kUninstall, home.agent().package("1.0.0"));
  for (const char* service : {kCore, kExtension, kEbpfService})
    EXPECT_FALSE(has_service(*home.vm().home(), service)) << service;
  EXPECT_FALSE(has_file(*home.vm().home(), std::string(kInstallFolder) + "\\ebpfapi.dll"));
  expect_well(home);
}

// A machine of a world in a state of the journal.
struct Scene {
  const char* world;
  const char* has;  // "": no extension
  void (*change)(Home& home) = nullptr;
};

void adopt(Home& home) {
  lab::prepare(home.vm(), Command::kInstall, home.agent().package("1.0.0"));
  lab::prepare(home.vm(), Command::kEnable, home.agent().package("1.0.0"));
}

// An update opens over the platform's older one, and nobody goes on.
void preserve(Home& home) {
  lab::prepare(home.vm(), Command::kUpdate, home.agent().package("1.0.0"));
  home.vm().reboot();
  home.vm().recover_abandoned();
}

void lose_library(Home& home) {
  remove_file(*home.vm().home(), std::string(kInstallFolder) + "\\ebpfapi.dll");
}

constexpr std::array kScenes{
    Scene{"plain", ""},
    Scene{"plain", "1.0.0"},
    Scene{"elsewhere-older", ""},
    Scene{"elsewhere-older", "", preserve},
    Scene{"elsewhere-same", ""},
    Scene{"elsewhere-same", "", adopt},
    Scene{"elsewhere-newer", ""},
    Scene{"elsewhere-newer", "", lose_library},
    Scene{"elsewhere-newer-over-ours", "1.0.0"},
    Scene{"elsewhere-newer-over-ours", "1.0.0", lose_library},
    Scene{"msi-older", ""},
    Scene{"msi-same", ""},
    Scene{"msi-same", "", adopt},
    Scene{"msi-newer", ""},
    Scene{"msi-newer-over-ours", "1.0.0"},
};

void reach(const Home& home, std::set<const product::TreatmentRow*>& reached) {
  const auto machine = home.vm().machine();
  product::InstallationState installation;
  if (std::filesystem::exists(home.vm().journal_path()))
    installation =
        product::installation_state_of(journal::Reader(home.vm().journal_path().string()));
  const product::Inventory inventory = product::detect(*machine, installation.install_folder);
  for (const char* version : {"0.9.1", "1.0.0", "1.1.0"}) {
    for (const auto intent : {product::Intent::kBring, product::Intent::kRun,
                              product::Intent::kStop, product::Intent::kRemove}) {
      const auto facts = product::origin_facts(*machine, installation, inventory,
                                               package::parse_version(version), intent);
      reached.insert(&product::treatment_row(facts.found, intent));
    }
  }
}

TEST(Origins, Each_row_of_the_table_of_treatments_is_met_in_a_world) {
  std::set<const product::TreatmentRow*> reached;
  for (const Scene& scene : kScenes) {
    const lab::TemporaryFolder folder;
    Home home(*find(scene.world), scene.has, folder.path().string());
    if (scene.change != nullptr) scene.change(home);
    reach(home, reached);
  }
  const auto rows = product::treatment_table();
  for (std::size_t row = 0; row < rows.size(); ++row)
    EXPECT_TRUE(reached.contains(&rows[row])) << "row " << row << " is met in no world";
}

}  // namespace
}  // namespace world
