// What runs behind an enable that says success, over every pair of versions, as somebody would
// write it down who has only the packages before him: each of their services is registered,
// automatic and running, on the package's own file; none that they do not have is there.
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "actions/machine/simulated/simulated_machine.h"
#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "tests/engine/bench.h"
#include "tests/world/powershell_handler.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlace = R"(C:\Program Files\ebpf-for-windows\)";

struct Part {
  const char* service;
  const char* file;   // below the install folder, and below bin/ of the package
  const char* image;  // the same in ImagePath: a driver's as the kernel names it, else quoted
  const char* type;
};

// The services of each release, from its own list of files.
struct Release {
  const char* version;
  const char* handler;  // in ascending order
  std::vector<Part> parts;
};

const std::vector<Release>& releases() {
  static const Part kCore{"EbpfCore", "drivers/eBPFCore.sys", R"(drivers\eBPFCore.sys)",
                          "kernel-driver"};
  static const Part kExtension{"NetEbpfExt", "drivers/NetEbpfExt.sys", R"(drivers\NetEbpfExt.sys)",
                               "kernel-driver"};
  static const Part kService{"eBPFSvc", "ebpfsvc.exe", "ebpfsvc.exe", "own-process"};
  static const std::vector<Release> kAll{
      {"0.9.1", "0.9.1.1", {kCore, kExtension}},
      {"0.10.0", "0.10.0.1", {kCore, kExtension}},
      {"0.21.0", "0.21.0.1", {kCore, kExtension}},
      {"1.0.0-rc1", "1.0.0.1", {kCore, kExtension, kService}},
      {"1.0.0", "1.0.0.2", {kCore, kExtension, kService}},
      {"1.1.0", "1.1.0.1", {kCore, kExtension, kService}},
  };
  return kAll;
}

// "0.9.1" -> "0_9_1": for the names of tests.
std::string name_of(const Release& release) {
  std::string name = release.version;
  for (char& c : name)
    if (c == '.' || c == '-') c = '_';
  return name;
}

class Versions : public Bench {
 protected:
  // One package for each release; the VM Agent's folders are its own.
  const lab::Package& of(const Release& release) {
    auto& package = packages_[release.version];
    if (!package)
      package.emplace(folder_.path() / ("extension-" + std::string(release.version)),
                      release.version);
    return *package;
  }

  void call(const lab::Vm& vm, commands::Command command, const Release& release) {
    const handler::Reply reply = vm.run_as(release.handler, command, of(release));
    EXPECT_EQ(static_cast<int>(reply.code), 0)
        << commands::row(command).name << " " << release.handler << "\n"
        << text(reply) << vm.journal_text();
  }
  void install_and_enable(const lab::Vm& vm, const Release& release) {
    call(vm, commands::Command::kInstall, release);
    call(vm, commands::Command::kEnable, release);
  }

  static const nlohmann::json* status_row(const nlohmann::json& status, const std::string& name) {
    for (const nlohmann::json& row : status.at("substatus"))
      if (row.at("name") == name) return &row;
    return nullptr;
  }

  // All that success promises.
  void expect_runs(const lab::Vm& vm, const Release& release) {
    const nlohmann::json snapshot = vm.snapshot_json();
    std::set<std::string> registered;
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      if (snapshot.at("services").contains(name)) registered.insert(name);
    std::set<std::string> wanted;
    const nlohmann::json status = of(release).status(0).at(0).at("status");
    EXPECT_EQ(status.at("status"), "success") << status.dump(2);
    for (const Part& part : release.parts) {
      wanted.insert(part.service);
      if (!snapshot.at("services").contains(part.service)) continue;  // told below
      const nlohmann::json& service = snapshot.at("services").at(part.service);
      EXPECT_EQ(service.at("start"), "automatic") << part.service;
      EXPECT_EQ(service.at("state"), "running") << part.service;
      EXPECT_EQ(service.at("type"), part.type) << part.service;
      const std::string image = std::string(kPlace) + part.image;
      const bool driver = std::string(part.type) == "kernel-driver";
      EXPECT_THAT(service.at("image").get<std::string>(),
                  testing::StrCaseEq(driver ? R"(\??\)" + image : '"' + image + '"'));
      EXPECT_TRUE(lab::read_file(vm.drive("Program Files/ebpf-for-windows") / part.file) ==
                  lab::read_file(of(release).file(std::string("bin/") + part.file)))
          << part.file << " is not the package's";
      const nlohmann::json* row = status_row(status, part.service);
      ASSERT_NE(row, nullptr) << part.service << status.dump(2);
      EXPECT_EQ(row->at("status"), "success") << row->dump();
    }
    EXPECT_EQ(registered, wanted);
    const nlohmann::json* files = status_row(status, "Files");
    ASSERT_NE(files, nullptr) << status.dump(2);
    EXPECT_EQ(files->at("status"), "success");
    EXPECT_EQ(snapshot.at("services").at("GuestProxyAgent").at("state"), "running");
    if (HasFailure()) std::cout << vm.journal_text();
  }

  void expect_runs_also_after_a_boot(const lab::Vm& vm, const Release& release) {
    expect_runs(vm, release);
    vm.reboot();
    call(vm, commands::Command::kEnable, release);
    expect_runs(vm, release);
  }

  void on(const lab::Vm& vm, const std::function<void(machine::Machine&)>& what) const {
    machine::simulated::SimulatedMachine machine(vm.folder().string());
    what(machine);
  }

  static void set_start_type(machine::Machine& machine, const char* name,
                             machine::StartType start) {
    auto config = machine.services().config(name);
    config->start = start;
    machine.services().change(name, *config);
  }

  // The other one's: eBPFSvc on demand, as its own set-up leaves it.
  void make_foreign(const lab::Vm& vm) const {
    fs::remove_all(vm.drive("ProgramData/EbpfForWindows"));
    on(vm, [](machine::Machine& m) {
      if (m.services().config("eBPFSvc")) set_start_type(m, "eBPFSvc", machine::StartType::kDemand);
    });
    vm.reboot();
    on(vm, [](machine::Machine& m) {
      if (m.services().config("eBPFSvc")) m.services().start("eBPFSvc");
      m.system().wait_ms(20'000);
    });
  }

 private:
  std::map<std::string, std::optional<lab::Package>> packages_;
};

// How the version that goes came to be there.
enum class Origin { kOurs, kAdopted, kFound };

std::string name_of(Origin origin) {
  switch (origin) {
    case Origin::kOurs:
      return "ours";
    case Origin::kAdopted:
      return "adopted";
    case Origin::kFound:
      return "found";
  }
  return "unknown";
}

class VersionPairs : public Versions,
                     public testing::WithParamInterface<std::tuple<std::size_t, Origin>> {
 protected:
  const Release& from() const { return releases()[std::get<0>(GetParam())]; }
  Origin origin() const { return std::get<1>(GetParam()); }

  void SetUp() override {
    install_and_enable(vm_, from());
    expect_runs(vm_, from());
    if (origin() == Origin::kOurs) return;
    make_foreign(vm_);
    if (origin() == Origin::kFound) return;
    install_and_enable(vm_, from());
    expect_runs(vm_, from());
  }

  // A whole update or downgrade. Disable and uninstall of a version that is not ours are the
  // PowerShell predecessor's.
  void change(const lab::Vm& vm, const Release& to, bool down) {
    for (const lab::UpdateCommand& row : lab::kUpdateCommands) {
      const bool is_old = row.handler == lab::Handler::kOld;
      if (is_old && origin() == Origin::kFound)
        call_predecessor(vm, row.command);
      else if (row.command == commands::Command::kUpdate && down)
        open_downgrade(vm, to);
      else
        call(vm, row.command, is_old ? from() : to);
    }
  }

 private:
  void call_predecessor(const lab::Vm& vm, commands::Command command) const {
    on(vm, [command](machine::Machine& m) {
      world::PowerShellHandler old(m, world::Generation::kSecond);
      command == commands::Command::kDisable ? old.disable() : old.uninstall();
    });
  }

  // The higher version's handler opens it.
  void open_downgrade(const lab::Vm& vm, const Release& to) {
    handler::Request request = lab::Vm::request(commands::Command::kUpdate, of(from()));
    request.handler_version = from().handler;
    request.version_variable = to.handler;
    lab::put_beside(of(from()), to.handler);
    const handler::Reply reply = vm.run(request);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << text(reply);
  }
};

TEST_P(VersionPairs, Behind_an_update_or_a_downgrade_all_of_the_new_version_runs) {
  int pairs = 0;
  for (std::size_t index = 0; index < releases().size(); ++index) {
    const Release& to = releases()[index];
    const bool down = index < std::get<0>(GetParam());
    // Of what is not ours no handler of ours is there to be told of a downgrade; the same version
    // is taken over.
    if (origin() == Origin::kFound ? down : &to == &from()) continue;
    SCOPED_TRACE(std::string(from().version) + " -> " + to.version + ", " + name_of(origin()));
    const lab::Vm vm = vm_.copy_to(folder_.path() / "pair");
    change(vm, to, down);
    expect_runs_also_after_a_boot(vm, to);
    ++pairs;
  }
  std::cout << "[ pairs    ] from " << from().version << ", " << name_of(origin()) << ": " << pairs
            << "\n";
}

INSTANTIATE_TEST_SUITE_P(Every, VersionPairs,
                         testing::Combine(testing::Range(std::size_t{0}, std::size_t{6}),
                                          testing::Values(Origin::kOurs, Origin::kAdopted,
                                                          Origin::kFound)),
                         [](const auto& pair) {
                           return "from_" + name_of(releases()[std::get<0>(pair.param)]) + "_" +
                                  name_of(std::get<1>(pair.param));
                         });

class EachVersion : public Versions, public testing::WithParamInterface<std::size_t> {
 protected:
  const Release& release() const { return releases()[GetParam()]; }
};

TEST_P(EachVersion, Runs_as_a_whole_once_it_is_installed_and_enabled) {
  install_and_enable(vm_, release());
  expect_runs_also_after_a_boot(vm_, release());
}

// Services of ours that stop before `name` can.
void stop_by_hand(machine::Machine& machine, const std::string& name) {
  for (const char* service : {"eBPFSvc", "NetEbpfExt", "EbpfCore"}) {
    const auto status = machine.services().status(service);
    const bool uses = name == "EbpfCore" && std::string(service) == "eBPFSvc";
    if (!status || (service != name && !uses)) continue;
    machine.services().stop(service);
    machine.system().wait_ms(20'000);
  }
}

TEST_P(EachVersion, What_somebody_stopped_or_switched_off_runs_again_behind_enable) {
  install_and_enable(vm_, release());
  using Change = std::function<void(machine::Machine&, const char*)>;
  const std::vector<std::pair<const char*, Change>> changes{
      {"demand", [](machine::Machine& m,
                    const char* name) { set_start_type(m, name, machine::StartType::kDemand); }},
      {"disabled",
       [](machine::Machine& m, const char* name) {
         set_start_type(m, name, machine::StartType::kDisabled);
       }},
      {"stopped", [](machine::Machine& m, const char* name) { stop_by_hand(m, name); }},
      {"stopped and disabled",
       [](machine::Machine& m, const char* name) {
         stop_by_hand(m, name);
         set_start_type(m, name, machine::StartType::kDisabled);
       }},
  };
  for (const Part& part : release().parts) {
    for (const auto& [what, apply] : changes) {
      SCOPED_TRACE(std::string(part.service) + " " + what);
      const lab::Vm vm = vm_.copy_to(folder_.path() / "case");
      on(vm, [&, make = apply](machine::Machine& m) { make(m, part.service); });
      call(vm, commands::Command::kEnable, release());
      expect_runs_also_after_a_boot(vm, release());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, EachVersion, testing::Range(std::size_t{0}, std::size_t{6}),
                         [](const auto& tested) { return name_of(releases()[tested.param]); });

}  // namespace
}  // namespace engine
