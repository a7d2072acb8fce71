#include "tests/lab/doctor.h"

#include <array>
#include <stdexcept>
#include <string_view>

#include "actions/machine/machine.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/doctor_command.h"
#include "errors/failure.h"

namespace lab {
namespace {

using engine::commands::Command;
using engine::support::Advice;
using engine::support::Checkup;
using machine::StartType;

constexpr std::int64_t kPatienceMs = 120'000;  // of a person who starts or stops a service
// Then doctor is asked again where it says that there is nothing to do by hand yet.
constexpr std::int64_t kNobodyComesMs = engine::commands::kAbandonedAfterMinutes * 60'000LL;

// "" where `line` is another command; else what stands between.
std::string between(const std::string& line, std::string_view begin, std::string_view end) {
  const bool fits =
      line.size() > begin.size() + end.size() && line.starts_with(begin) && line.ends_with(end);
  return fits ? line.substr(begin.size(), line.size() - begin.size() - end.size()) : "";
}

void change(machine::Machine& machine, const std::string& service,
            void (*how)(machine::ServiceConfig& config)) {
  auto config = machine.services().config(service).value();
  how(config);
  machine.services().change(service, config);
}

// A name in quotes, or without.
std::string unquoted(const std::string& name) {
  const std::string inner = between(name, "\"", "\"");
  return inner.empty() ? name : inner;
}

bool give_to_system(const Vm& vm, const std::string& line) {
  const auto machine = vm.machine();
  if (const auto starts = between(line, "sc.exe start ", ""); !starts.empty()) {
    machine->services().start(unquoted(starts));
    machine->system().wait_ms(kPatienceMs);
  } else if (const auto stops = between(line, "sc.exe stop ", ""); !stops.empty()) {
    machine->services().stop(unquoted(stops));
    machine->system().wait_ms(kPatienceMs);
  } else if (const auto automatic = between(line, "sc.exe config ", " start= auto");
             !automatic.empty()) {
    change(*machine, unquoted(automatic),
           [](auto& config) { config.start = StartType::kAutomatic; });
  } else if (const auto normal = between(line, "sc.exe config ", " error= normal");
             !normal.empty()) {
    change(*machine, normal, [](auto& config) { config.error_control = 1; });
  } else if (const auto task = between(line, "schtasks /Change /TN \"", "\" /ENABLE");
             !task.empty()) {
    machine->tasks().set_enabled(task, true);
  } else if (const auto key = between(line, "reg delete \"", "\" /f"); !key.empty()) {
    machine->registry().remove_key(key);
  } else if (line == R"(reg delete "HKLM\Software\eBPF" /v EbpfDisableRuntimeUpdate /f)") {
    machine->registry().remove_value(R"(HKLM\Software\eBPF)", "EbpfDisableRuntimeUpdate");
  } else {
    return false;
  }
  return true;
}

bool give_to_handler(const Vm& vm, const Package& package, const std::string& line) {
  const std::string program = package.program() + " ";
  if (line == program + "enable") {
    vm.run(Command::kEnable, package);
  } else if (line == program + "recover") {
    vm.run(Command::kRecover, package);
  } else if (line == program + "recover --abandoned") {
    vm.recover_abandoned();
  } else if (line == program + R"(setup install --log C:\Windows\Logs\EbpfForWindows)") {
    vm.run(Command::kSetupInstall, package);
  } else if (line == "shutdown /r /t 60") {
    vm.reboot();
    vm.recover_abandoned();
    vm.run(Command::kEnable, package);
  } else {
    return line.starts_with(program + "journal ");
  }
  return true;
}

// A command prompt and PowerShell read it alike: what begins with a quote is a text to the one, dir
// and rmdir are other commands, and braces outside quotes are a script.
bool is_of_both_shells(const std::string& line) {
  if (line.starts_with('"') || line.starts_with("dir ") || line.starts_with("rmdir ")) return false;
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') is_quoted = !is_quoted;
    constexpr std::string_view kActs = "{}()&|<>;$`%^";
    if (!is_quoted && kActs.find(c) != std::string_view::npos) return false;
  }
  return !is_quoted;
}

// Of those a person reads what they print.
bool only_looks(const std::string& line) {
  constexpr std::array<std::string_view, 8> kLooks{
      "sc.exe q",  "cmd /c dir ", "icacls ", "fsutil volume diskfree",
      "wevtutil ", "tasklist",    "whoami",  "powershell -Command \"Get-"};
  for (const std::string_view begin : kLooks)
    if (line.starts_with(begin)) return true;
  return false;
}

}  // namespace

Checkup doctor(const Vm& vm, const Package& package, machine::CallObserver* observer) {
  const auto inner = vm.machine();
  const auto request = Vm::request(Command::kRecover, package);
  if (observer == nullptr) return engine::handler::doctor(*inner, request);
  return engine::handler::doctor(*machine::observe(*inner, *observer), request);
}

void follow(const Vm& vm, const Package& package, const Advice& advice) {
  for (const std::string& line : advice.commands) {
    if (!is_of_both_shells(line)) throw std::runtime_error("one shell reads otherwise: " + line);
    bool is_known = true;
    const auto failure = errors::failure_in([&] {
      is_known = give_to_handler(vm, package, line) || only_looks(line) || give_to_system(vm, line);
    });
    if (!is_known) throw std::runtime_error("no command prompt knows: " + line);
    if (failure) return;  // the person reads why
  }
}

Checkup cured(const Vm& vm, const Package& package) {
  constexpr int kRounds = 3;
  Checkup checkup = doctor(vm, package);
  for (int round = 0; round < kRounds && !checkup.is_well(); ++round) {
    bool is_to_wait = false;
    for (const auto& checked : checkup.all()) {
      if (checked.mark != engine::support::Mark::kTrouble) continue;
      follow(vm, package, checked.advice);
      is_to_wait = is_to_wait || checked.advice.commands.empty();
    }
    if (is_to_wait) vm.machine()->system().wait_ms(kNobodyComesMs);
    checkup = doctor(vm, package);
  }
  return checkup;
}

}  // namespace lab
