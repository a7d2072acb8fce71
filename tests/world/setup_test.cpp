// `setup`, called by another installer or a person, in every world, alone and where the VM Agent
// has brought an older version, under the oracle. EBPF_WORLD chooses one, and prints its story.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "journal/reader.h"
#include "tests/lab/same_machine.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"
#include "tests/world/chosen.h"
#include "tests/world/furniture.h"
#include "tests/world/lives.h"

namespace world {
namespace {

namespace fs = std::filesystem;
using engine::commands::Command;

constexpr const char* kVersion = "1.0.0";
constexpr const char* kOlder = "0.9.1";
constexpr std::int64_t kUntilTaskMs = 31 * 60'000;

// Who calls `setup` on a machine, under the oracle.
class Installer {
 public:
  Installer(const lab::Vm& vm, const World& world, const std::string& folder)
      : vm_(vm), world_(world), folder_(folder), virgin_(look(*vm.home())) {
    if (const auto* proxy = virgin_.service(kProxy)) proxy_had_ = proxy->config.depends_on;
    // Registrations that were there already became ours with the install.
    for (const char* name : {kCore, kExtension, kEbpfService})
      virgin_.ours["services"].erase(name);
  }

  // Returns true if all is as the command promises.
  bool call(Command command) {
    const auto home = vm_.home();
    pass(*home, 1'000);
    run_startup_task(*home);
    const Sight before = look(*home);
    proxy_ran_ = proxy_ran_ || before.runs(kProxy);
    engine::handler::Request request = lab::Vm::request(command, package(kVersion));
    request.sequence_variable.reset();
    const engine::handler::Reply reply = vm_.run(request);
    const Sight now = look(*home);
    const Told told = told_by(command, reply);
    Findings found;
    judge_any(before, now, told, proxy_had_, found);
    const bool well = told.code == 0 || (told.row && told.row->outcome == "committed");
    if (well && !engine::commands::is_removal(command)) judge_installed(before, now, told, found);
    if (!well && is_armed_) judge_cause(told, found);
    keep(std::move(found), now);
    if (!well) judge_given_back_at_last(before);
    return told.code == 0;
  }

  void clear() { is_armed_ = false; }
  void judge_removed() {
    const Sight now = look(*vm_.home());
    Findings found;
    judge_nothing_left(virgin_, now, found);
    keep(std::move(found), now);
  }
  // Behind the VM Agent's disable and uninstall: what `setup` wants runs on.
  void judge_left(const Sight& before) {
    const Sight now = look(*vm_.home());
    Findings found;
    judge_runs(now, payload(kVersion), found);
    judge_files(now, payload(kVersion), found);
    judge_given_back(before, now, found);
    keep(std::move(found), now);
  }
  lab::Package& package(const std::string& version) {
    auto& kept = packages_[version];
    if (!kept) kept = std::make_unique<lab::Package>(fs::path(folder_) / version, version);
    return *kept;
  }
  void tell(const std::string& line) { story_ += line + "\n"; }
  const Findings& findings() const { return findings_; }
  const std::string& story() const { return story_; }

 private:
  Told told_by(Command command, const engine::handler::Reply& reply) {
    Told told;
    told.command = engine::commands::row(command).name;
    told.code = static_cast<int>(reply.code);
    told.output = joined(reply.lines);
    told.limit_ms = engine::commands::row(command).vm_agent_limit_ms;
    story_ += told.command + ": " + std::to_string(told.code) + "\n" + told.output;
    const auto last = vm_.last_transaction();
    if (last && last->command == told.command)
      told.row = {last->command, last->code, std::string(journal::outcome(*last))};
    return told;
  }

  void judge_installed(const Sight& before, const Sight& now, const Told& told,
                       Findings& found) const {
    judge_runs(now, payload(kVersion), found);
    judge_files(now, payload(kVersion), found);
    judge_registered(now, payload(kVersion), found);
    judge_neighbours(before, now, found);
    judge_safe_to_boot(now, told, found);
    if (before.runs(kProxy) && told.code == 0) judge_proxy(now, found);
    if (!proxy_ran_ && now.runs(kProxy))
      found.push_back({Rule::kOthersUnchanged, std::string("service:") + kProxy,
                       "it was stopped, and `setup` started it"});
  }

  void judge_cause(const Told& told, Findings& found) const {
    const bool hindered = std::ranges::any_of(world_.faults, hinders);
    if (!hindered)
      found.push_back({Rule::kSucceeds, "machine", "it failed " + std::to_string(told.code)});
    if (hindered && !names_cause(told, world_.faults))
      found.push_back({Rule::kNamesCause, "output", "it does not name it"});
  }

  // What ran runs, at the latest once recovery has run.
  void judge_given_back_at_last(const Sight& before) {
    const auto home = vm_.home();
    Findings found;
    judge_given_back(before, look(*home), found);
    if (found.empty()) return;
    pass(*home, kUntilTaskMs);
    if (has_recovery_task(*home)) vm_.recover_abandoned();
    const Sight now = look(*home);
    found.clear();
    judge_given_back(before, now, found);
    keep(std::move(found), now);
  }

  void keep(Findings found, const Sight& now) {
    std::vector<Fault> faults;
    if (is_armed_) faults = world_.faults;
    WaiverCounts waived;
    for (Finding& finding : without_waived(std::move(found), faults, now, waived)) {
      story_ += "  ! " + to_text(finding) + "\n";
      findings_.push_back(std::move(finding));
    }
  }

  const lab::Vm& vm_;
  const World& world_;
  std::string folder_;
  Sight virgin_;
  std::vector<std::string> proxy_had_;
  std::map<std::string, std::unique_ptr<lab::Package>> packages_;
  bool is_armed_ = true;
  bool proxy_ran_ = false;  // before some call
  Findings findings_;
  std::string story_;
};

void judge(const World& world, const char* life, const Installer& installer) {
  if (!chosen("EBPF_WORLD").empty()) std::cout << life << "\n" << installer.story();
  if (installer.findings().empty()) return;
  ADD_FAILURE() << "world " << world.name << " (" << world.sentence << "), " << life << ":\n  "
                << sentence_of(installer.findings().front().rule) << "\n  "
                << to_text(installer.findings().front()) << "\n"
                << installer.story() << "  Once more: EBPF_WORLD=" << world.name
                << " world_tests --gtest_filter=SetupWorlds.*";
}

bool is_chosen(const World& world) {
  const std::string only = chosen("EBPF_WORLD");
  return only.empty() || only == world.name;
}

// The cause is gone: once more, at most behind a boot.
void install_at_last(Home& home, Installer& installer, Command command) {
  home.agent().clear();
  installer.clear();
  if (installer.call(command)) return;
  boot(*home.vm().home());
  installer.tell("boot");
  EXPECT_TRUE(installer.call(command)) << installer.story();
}

// Of the worlds in which somebody else has put eBPF there, the tests below tell more.
bool is_of_others(const World& world) {
  return world.name.starts_with("elsewhere-") || world.name.starts_with("msi-");
}

TEST(SetupWorlds, Alone_it_installs_or_names_the_cause_and_its_uninstall_leaves_nothing) {
  for (const World& world : worlds()) {
    if (!is_chosen(world) || is_of_others(world)) continue;
    SCOPED_TRACE(world.name);
    const lab::TemporaryFolder folder;
    Home home(world, "", folder.path().string());
    Installer installer(home.vm(), world, folder.path().string() + "/setup");
    if (!installer.call(Command::kSetupInstall))
      install_at_last(home, installer, Command::kSetupInstall);
    home.agent().clear();
    installer.clear();
    EXPECT_TRUE(installer.call(Command::kSetupUninstall)) << installer.story();
    boot(*home.vm().home());
    installer.judge_removed();
    judge(world, "alone", installer);
  }
}

TEST(SetupWorlds,
     Over_the_VM_Agents_older_version_it_updates_and_the_VM_Agents_uninstall_leaves_it) {
  for (const World& world : worlds()) {
    if (!is_chosen(world) || world.only_fresh || is_of_others(world)) continue;
    SCOPED_TRACE(world.name);
    const lab::TemporaryFolder folder;
    Home home(world, kOlder, folder.path().string());
    Installer installer(home.vm(), world, folder.path().string() + "/setup");
    if (!installer.call(Command::kSetupUpdate))
      install_at_last(home, installer, Command::kSetupUpdate);
    home.agent().clear();
    installer.clear();
    const Sight before = look(*home.vm().home());
    lab::Package& older = home.agent().package(kOlder);
    for (const Command command : {Command::kDisable, Command::kUninstall}) {
      const engine::handler::Reply reply = home.vm().run(command, older);
      installer.tell(joined(reply.lines));
      EXPECT_EQ(reply.code, errors::ExitCode::kSuccess) << installer.story();
    }
    installer.judge_left(before);
    judge(world, "over the VM Agent's", installer);
  }
}

// What somebody else has put there, by `setup install` of 1.0.0 and its uninstall.
struct BesideOther {
  const char* world;
  const char* ours;   // the VM Agent's version before; "" for none
  int code;           // of `setup install`
  const char* runs;   // behind it
  const char* stays;  // behind the uninstall; "" for nothing
};
constexpr int kMsiProduct = 1112;
constexpr BesideOther kBesideOthers[] = {
    {"elsewhere-older", "", 0, "1.0.0", ""},
    {"elsewhere-same", "", 0, "1.0.0", "1.0.0"},
    {"elsewhere-newer", "", 0, "1.1.0", "1.1.0"},
    {"elsewhere-newer-over-ours", kOlder, 0, "1.1.0", "1.1.0"},
    {"msi-older", "", kMsiProduct, "0.9.1", "0.9.1"},
    {"msi-same", "", 0, "1.0.0", "1.0.0"},
    {"msi-newer", "", 0, "1.1.0", "1.1.0"},
    {"msi-newer-over-ours", kOlder, 0, "1.1.0", "1.1.0"},
};

void expect_runs(const lab::Vm& vm, const std::string& version) {
  Findings found;
  judge_runs(look(*vm.home()), payload(version), found);
  for (const Finding& finding : found)
    ADD_FAILURE() << version << ": " << to_text(finding);
}

TEST(SetupWorlds, Beside_the_eBPF_of_somebody_else_it_leaves_uses_or_replaces_that) {
  std::size_t of_others = 0;
  for (const World& world : worlds())
    of_others += is_of_others(world) ? 1U : 0U;
  EXPECT_EQ(of_others, std::size(kBesideOthers));
  for (const BesideOther& row : kBesideOthers) {
    SCOPED_TRACE(row.world);
    const lab::TemporaryFolder folder;
    Home home(*find(row.world), row.ours, folder.path().string());
    const lab::Vm& vm = home.vm();
    const lab::Package source(folder.path() / "source", kVersion);
    const auto installed = vm.run(lab::Vm::request(Command::kSetupInstall, source));
    EXPECT_EQ(static_cast<int>(installed.code), row.code) << joined(installed.lines);
    expect_runs(vm, row.runs);
    const auto removed = vm.run(lab::Vm::request(Command::kSetupUninstall, source));
    EXPECT_EQ(removed.code, errors::ExitCode::kSuccess) << joined(removed.lines);
    if (*row.stays != '\0') {
      expect_runs(vm, row.stays);
    } else {
      const Sight now = look(*vm.home());
      for (const char* service : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
        EXPECT_EQ(now.service(service), nullptr) << service;
    }
  }
}

bool is_update_open(const lab::Vm& vm) {
  const journal::Reader reader(vm.journal_path().string());
  const auto operation = reader.open_operation();
  return operation && operation->kind == "update" &&
         operation->state == journal::OperationState::kOpen;
}

TEST(SetupWorlds, Between_the_commands_of_an_open_update_it_touches_nothing) {
  int calls = 0;
  for (const World& world : worlds()) {
    if (!is_chosen(world) || world.only_fresh) continue;
    SCOPED_TRACE(world.name);
    const lab::TemporaryFolder folder;
    Home home(world, kOlder, folder.path().string());
    const lab::Vm& vm = home.vm();
    const lab::Package source(folder.path() / "source", "1.1.0");
    const lab::Package fresh(folder.path() / "fresh", kVersion);
    for (const lab::Call& call : lab::UpdateSequence(home.agent().package(kOlder), fresh).all()) {
      if (vm.run(call.command, *call.package).code != errors::ExitCode::kSuccess) break;
      if (!is_update_open(vm)) continue;
      for (const Command command : {Command::kSetupInstall, Command::kSetupUninstall}) {
        const std::string before = vm.snapshot();
        const engine::handler::Reply reply = vm.run(lab::Vm::request(command, source));
        EXPECT_EQ(reply.code, errors::ExitCode::kSuccess) << joined(reply.lines);
        EXPECT_TRUE(lab::same_machine(before, vm.snapshot()));
        ++calls;
      }
    }
  }
  EXPECT_GT(calls, 0);
}

}  // namespace
}  // namespace world
