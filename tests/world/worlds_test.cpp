// Each world can be made, before eBPF comes and with eBPF on the machine, and differs from the
// plain one.
#include "tests/world/world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "actions/machine/simulated/simulated_machine.h"
#include "tests/lab/lab.h"
#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/furniture.h"

namespace world {
namespace {

using engine::commands::Command;

std::vector<const World*> only(const World& world) { return {&world}; }

// The machine as one text, armed behaviours included.
std::string whole(const lab::Vm& vm) {
  const auto home = vm.home();
  const auto journal = home->drive().find(std::string(kStateFolder) + "\\journal.db");
  return vm.memory().value().state->text() + vm.snapshot() +
         (journal.is_readonly() ? "the journal is read-only" : "");
}

class Worlds : public testing::Test {
 protected:
  lab::Vm create(const World& world) const {
    const lab::Vm vm = lab::Vm::in_memory(folder_.path() / world.name, options_of(only(world)));
    apply(*vm.home(), world, Moment::kCreated);
    return vm;
  }
  // As a machine gets eBPF before it becomes this world.
  lab::Vm with_ebpf(const World& world) const {
    const auto folder = folder_.path() / ("with-" + std::string(world.name));
    const lab::Package package(folder / "extension", "1.0.0");
    const lab::Vm vm = lab::Vm::in_memory(folder / "vm", options_of(only(world)));
    if (begins_with(world)) apply(*vm.home(), world, Moment::kCreated);
    lab::must(vm, Command::kInstall, package);
    lab::must(vm, Command::kEnable, package);
    apply(*vm.home(), world, Moment::kInstalled);
    return vm;
  }

  lab::TemporaryFolder folder_;
};

TEST_F(Worlds, Each_has_a_name_of_its_own_and_a_sentence) {
  std::set<std::string_view> names;
  for (const World& world : worlds()) {
    EXPECT_TRUE(names.insert(world.name).second) << world.name;
    EXPECT_TRUE(world.sentence.ends_with('.')) << world.name;
    EXPECT_EQ(find(world.name), &world);
  }
  EXPECT_EQ(find("no such world"), nullptr);
}

TEST_F(Worlds, Each_can_be_made_on_a_new_machine_and_is_not_the_plain_one) {
  const std::string plain = whole(create(*find("plain")));
  for (const World& world : worlds()) {
    const bool changes = world.options != nullptr || world.at_creation != nullptr;
    EXPECT_EQ(whole(create(world)) != plain, changes) << world.name;
  }
}

TEST_F(Worlds, Each_can_be_made_on_a_machine_with_eBPF_and_is_not_the_plain_one) {
  const std::string plain = whole(with_ebpf(*find("plain")));
  for (const World& world : worlds()) {
    if (world.only_fresh || world.name == "plain") continue;
    const bool changes =
        world.options != nullptr || world.when_installed != nullptr || begins_with(world);
    EXPECT_EQ(whole(with_ebpf(world)) != plain, changes) << world.name;
  }
}

TEST_F(Worlds, What_is_armed_is_gone_once_the_cause_is_gone) {
  for (const World& world : worlds()) {
    const lab::Vm vm = world.only_fresh ? create(world) : with_ebpf(world);
    apply(*vm.home(), world, Moment::kCleared);
    EXPECT_TRUE(vm.memory().value().state->state().behaviours.services.empty()) << world.name;
    EXPECT_TRUE(vm.memory().value().state->state().behaviours.paths.empty()) << world.name;
  }
}

// Somebody else put it there before the handler comes.
TEST_F(Worlds, What_makes_one_outlasts_a_power_cut) {
  constexpr std::uint64_t kAllIsLost = 0;
  for (const World& world : worlds()) {
    if (world.only_fresh || world.name == "journal-readonly") continue;
    const lab::Vm cut = with_ebpf(world);
    const lab::Vm booted = cut.copy_to(folder_.path() / "booted");
    cut.power_cut(kAllIsLost);
    booted.reboot();
    EXPECT_EQ(cut.snapshot(), booted.snapshot()) << world.name;
  }
}

TEST_F(Worlds, The_proxys_set_up_makes_it_depend_on_what_is_there) {
  const lab::Vm plain = with_ebpf(*find("plain"));
  EXPECT_THAT(dependencies_of(*plain.home(), kProxy),
              testing::ElementsAre("EbpfCore", "NetEbpfExt", "eBPFSvc"));
  const lab::Vm none = with_ebpf(*find("proxy-without-dependencies"));
  EXPECT_THAT(dependencies_of(*none.home(), kProxy), testing::IsEmpty());
}

class SimvmWorlds : public Worlds {
 protected:
  lab::ProgramEnd simvm(std::vector<std::string> words) const {
    words.insert(words.begin(), EBPF_TEST_BIN "/simvm");
    return lab::run_program({.words = words, .scratch = folder_.path()});
  }
  std::string vm() const { return (folder_.path() / "vm").string(); }
};

TEST_F(SimvmWorlds, Create_combines_worlds_and_lists_them) {
  EXPECT_EQ(simvm({"create", vm(), "--world", "proxy-disabled", "path-near-limit"}).code, 0);
  const std::string shown = simvm({"snapshot", vm()}).out;
  EXPECT_THAT(shown, testing::HasSubstr("\"start\": \"disabled\""));
  EXPECT_THAT(shown, testing::HasSubstr("yyyy"));
  const lab::ProgramEnd list = simvm({"worlds"});
  EXPECT_EQ(list.code, 0);
  for (const World& world : worlds())
    EXPECT_THAT(list.out, testing::HasSubstr(std::string(world.sentence)));
}

TEST_F(SimvmWorlds, The_proxy_depends_on_the_drivers_unless_told) {
  EXPECT_EQ(simvm({"create", vm()}).code, 0);
  EXPECT_THAT(simvm({"snapshot", vm()}).out, testing::HasSubstr("\"NetEbpfExt\""));
  EXPECT_EQ(simvm({"create", vm() + "2", "--no-gpa-depends"}).code, 0);
  EXPECT_THAT(simvm({"snapshot", vm() + "2"}).out,
              testing::Not(testing::HasSubstr("\"NetEbpfExt\"")));
}

TEST_F(SimvmWorlds, An_unknown_world_is_refused_with_the_list_and_makes_no_VM) {
  const lab::ProgramEnd end = simvm({"create", vm(), "--world", "plain", "no-such-world"});
  EXPECT_EQ(end.code, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("no-such-world"));
  EXPECT_THAT(end.err, testing::HasSubstr(list_text()));
  EXPECT_FALSE(std::filesystem::exists(vm()));
}

TEST_F(SimvmWorlds, Windows_Installer_installs_repairs_and_uninstalls_an_MSI_of_eBPF) {
  const std::string payload = EBPF_TEST_PAYLOADS "/1.0.0";
  EXPECT_EQ(simvm({"create", vm(), "--gpa", "absent"}).code, 0);
  const std::string before = simvm({"snapshot", vm()}).out;
  EXPECT_EQ(simvm({"msi", vm(), "install", payload, "1.0.0"}).code, 0);
  const std::string installed = simvm({"snapshot", vm()}).out;
  EXPECT_THAT(installed, testing::HasSubstr("{022C44B5-8969-4B75-8DB0-73F98B1B1000}"));
  EXPECT_THAT(installed, testing::HasSubstr("\"EbpfCore\": {"));
  EXPECT_EQ(simvm({"msi", vm(), "repair", payload, "1.0.0"}).code, 0);
  EXPECT_EQ(simvm({"snapshot", vm()}).out, installed);
  EXPECT_EQ(simvm({"msi", vm(), "uninstall", payload, "1.0.0"}).code, 0);
  EXPECT_EQ(simvm({"snapshot", vm()}).out, before);
  EXPECT_EQ(simvm({"msi", vm(), "install", vm(), "1.0.0"}).code, 2) << "no payload there";
}

TEST_F(SimvmWorlds, A_world_is_applied_and_cleared_later) {
  EXPECT_EQ(simvm({"create", vm()}).code, 0);
  EXPECT_THAT(simvm({"snapshot", vm()}).out, testing::HasSubstr("\"EbpfCore\""));
  EXPECT_EQ(simvm({"world", vm(), "core-stop-hangs"}).code, 0);
  EXPECT_THAT(simvm({"show", vm()}).out, testing::HasSubstr("stop-hangs"));
  EXPECT_EQ(simvm({"world", vm(), "core-stop-hangs", "--at", "cleared"}).code, 0);
  EXPECT_THAT(simvm({"show", vm()}).out, testing::Not(testing::HasSubstr("stop-hangs")));
}

}  // namespace
}  // namespace world
