#include "tests/fleet/fleet.h"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <map>
#include <random>
#include <sstream>

#include "engine/commands/commands.h"
#include "engine/support/journal_export.h"
#include "journal/reader.h"
#include "tests/lab/lab.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"

namespace fleet {
namespace {

namespace fs = std::filesystem;
using engine::commands::Command;

Vm drawn(std::mt19937_64& random, const std::string& from, const std::string& to, bool bad) {
  constexpr std::uint64_t kHundred = 100;
  constexpr std::uint64_t kBad = 8;
  Vm vm{from, to, Fate::kWell, static_cast<int>(random() % 4)};
  const std::uint64_t luck = random() % (kHundred * 10);
  if (luck < 10) vm.fate = Fate::kNoProxy;
  if (luck >= 10 && luck < 15) vm.fate = Fate::kRefusedDriver;
  if (luck >= 15 && luck < 20) vm.fate = Fate::kWaits;
  if (vm.fate == Fate::kWell && bad && random() % kHundred < kBad) vm.fate = Fate::kRefusedDriver;
  return vm;
}

// Of each version: its package, and a VM on which it is enabled.
class Yard {
 public:
  const lab::Package& package(const std::string& version) {
    const auto known = packages_.find(version);
    if (known != packages_.end()) return known->second;
    return packages_.emplace(version, lab::Package(folder_.path() / version, version))
        .first->second;
  }
  lab::Vm enabled(const std::string& version) {
    if (!vms_.contains(version)) {
      lab::Vm vm = lab::Vm::in_memory(folder_.path() / ("vm-" + version));
      lab::prepare(vm, Command::kInstall, package(version));
      lab::prepare(vm, Command::kEnable, package(version));
      vm.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
      vms_.emplace(version, vm);
    }
    fs::remove_all(folder_.path() / "copy");
    return vms_.at(version).copy_to(folder_.path() / "copy");
  }

 private:
  lab::TemporaryFolder folder_;
  std::map<std::string, lab::Package> packages_;
  std::map<std::string, lab::Vm> vms_;
};

void arm(const lab::Vm& machine, const Vm& vm) {
  machine.set("service:GuestProxyAgent", {"start-takes=" + std::to_string(vm.proxy_takes_s)});
  switch (vm.fate) {
    case Fate::kWell:
      break;
    case Fate::kRefusedDriver:
      machine.set("service:NetEbpfExt", {"start-fails=577", "only-version=" + vm.to});
      break;
    case Fate::kNoProxy:
      machine.set("service:GuestProxyAgent", {"start-fails=1053"});
      break;
    case Fate::kWaits:
      machine.set("service:EbpfCore", {"ignores-stop"});
      break;
  }
}

}  // namespace

std::vector<Vm> roll_out(std::uint64_t seed) {
  constexpr int kBefore = 1000;
  constexpr int kWave = 500;
  std::mt19937_64 random(seed);
  std::vector<Vm> all;
  for (int i = 0; i < kBefore; ++i)
    all.push_back(drawn(random, "0.10.0", "0.21.0", false));
  for (int i = 0; i < kWave; ++i) {
    all.push_back(drawn(random, "0.21.0", "1.0.0", false));
    all.push_back(drawn(random, "1.0.0", "1.1.0", true));
  }
  return all;
}

void live(const std::vector<Vm>& fleet, const fs::path& folder) {
  Yard yard;
  for (std::size_t i = 0; i < fleet.size(); ++i) {
    const Vm& vm = fleet[i];
    const lab::Vm machine = yard.enabled(vm.from);
    arm(machine, vm);
    const lab::UpdateSequence update(yard.package(vm.from), yard.package(vm.to));
    // The VM Agent calls the disable that fails once more; that one waits for the boot.
    if (vm.fate == Fate::kWaits) machine.run(Command::kDisable, yard.package(vm.from));
    for (const lab::Call& call : update.all()) {
      const bool went_well =
          machine.run(call.command, *call.package).code == errors::ExitCode::kSuccess;
      if (!went_well || vm.fate == Fate::kWaits) break;
    }
    std::ostringstream name;
    name << "vm-" << std::setfill('0') << std::setw(4) << i << ".ndjson";
    std::ofstream out(folder / name.str());
    const journal::Reader reader(machine.journal_path().string());
    engine::support::export_ndjson(reader, engine::support::ExportDetail::kBrief, out);
  }
}

}  // namespace fleet
