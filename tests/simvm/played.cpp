#include "tests/simvm/played.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "actions/machine/files.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/system.h"
#include "errors/failure.h"
#include "json/json.h"
#include "tests/world/powershell_handler.h"
#include "tests/world/powershell_package.h"

namespace simvm {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using machine::simulated::SimulatedMachine;

constexpr std::int64_t kServiceTakesMs = 1000;

// The folder with `drivers` in it.
fs::path payload_in(const std::string& folder) {
  for (const char* below : {"", "package/bin", "lib/native/bin"}) {
    const fs::path payload = fs::path(folder) / below;
    if (fs::is_directory(payload / "drivers")) return payload;
  }
  throw Failure(ExitCode::kUsage, folder, "find a payload in " + folder)
      .advise("Give the folder that tests/payload/make-payload made.");
}

void write_status(const std::string& folder, const std::string& command, int sequence, int code) {
  const nlohmann::json status = nlohmann::json::array(
      {{{"version", "1.0"},
        {"timestampUTC", "2026-01-01T00:00:00Z"},
        {"status",
         {{"name", "EbpfForWindows"},
          {"operation", command},
          {"status", code == 0 ? "success" : "error"},
          {"code", code},
          {"formattedMessage", {{"lang", "en-US"}, {"message", command + " of the scripts"}}},
          {"substatus", nlohmann::json::array()}}}}});
  std::ofstream(folder + "/status/" + std::to_string(sequence) + ".status") << status.dump();
}

}  // namespace

bool is_played(const HandlerFolder& handler) {
  return world::is_powershell_package(handler.base());
}

CommandEnd play(const std::string& vm, const std::string& folder, const std::string& command,
                int sequence) {
  SimulatedMachine machine(vm);
  const bool upgrading = world::upgrading_key_is_there(machine);
  CommandEnd end;
  end.number = world::PowerShellHandler(machine, world::Generation::kThird, folder).run(command);
  machine.system().flush();
  end.output = "(the PowerShell handler's " + command + ", played by simvm)\n";
  if (command == "update" || (command == "enable" && !upgrading))
    write_status(folder, command, sequence, end.number);
  return end;
}

void make_powershell_package(const std::string& payload, const std::string& out,
                             const std::string& version, bool with_install) {
  const fs::path folder = fs::path(out) / (std::string(kHandlerName) + "." + version);
  if (fs::exists(folder)) {
    throw Failure(ExitCode::kUsage, folder.string(), "make " + folder.string())
        .advise("It is there already.");
  }
  world::make_powershell_package(
      folder, payload_in(payload),
      with_install ? world::UpdateMode::kWithInstall : world::UpdateMode::kWithoutInstall);
  std::cout << folder.string() << '\n';
}

bool run_gpa_setup(const std::string& vm, const std::string& payload) {
  SimulatedMachine machine(vm);
  const int code = world::run_guest_proxy_setup(machine, payload_in(payload));
  std::cout << "GuestProxyAgent's setup: eBPF's own part ended with " << code << '\n';
  return code == world::kPowerShellDone;
}

bool act_as_person(const std::string& vm, std::string_view action, const std::string& object,
                   const std::string& with) {
  SimulatedMachine machine(vm);
  const auto refused = errors::failure_in([&] {
    if (action == "stop-service") machine.services().stop(object);
    if (action == "start-service") machine.services().start(object);
    if (action == "delete-service") machine.services().remove(object);
    if (action == "delete-file" || action == "replace-file") machine.files().remove(object);
    if (action == "replace-file") machine.files().copy_in(with, object);
  });
  machine.system().wait_ms(kServiceTakesMs);
  machine.system().flush();
  if (refused) std::cout << "Windows refuses: " << refused->message() << '\n';
  return !refused;
}

}  // namespace simvm
