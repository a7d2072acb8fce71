#include "tests/simvm/vm_agent.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"
#include "json/json.h"
#include "tests/lab/status_check.h"
#include "tests/simvm/clock.h"
#include "tests/simvm/command_report.h"
#include "tests/simvm/played.h"
#include "tests/simvm/scheduler.h"

namespace simvm {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using machine::simulated::VmFolder;

constexpr const char* kNotRun = "NOT_RUN";
constexpr std::int64_t kBetweenCommandsMs = 1000;

struct Limit {
  std::string_view command;
  std::int64_t seconds;
};

constexpr std::array kLimits{Limit{"install", 900}, Limit{"enable", 300},    Limit{"disable", 300},
                             Limit{"update", 900},  Limit{"uninstall", 300}, Limit{"reset", 300}};

std::int64_t limit_of(std::string_view command) {
  for (const Limit& row : kLimits) {
    if (row.command == command) return row.seconds;
  }
  throw Failure(ExitCode::kUsage, std::string(command), "run " + std::string(command));
}

// A status that contradicts itself is a defect of the handler, and no success of the sequence.
void check_status(const HandlerFolder& handler, int sequence) {
  const std::string contradiction = lab::contradiction_in(handler.status(sequence).value_or(""));
  if (contradiction.empty()) return;
  throw Failure(ExitCode::kGeneric, handler.version(),
                "believe the status of handler " + handler.version() + ": " + contradiction)
      .advise("This is a defect of the handler: report it.");
}

std::string exit_code_text(const CommandEnd& end) {
  constexpr int kTimedOut = 1011;  // what the VM Agent notes for a command that it had to kill
  constexpr int kShellsSignalBase = 128;
  if (end.kind == CommandEnd::Kind::kExited) return std::to_string(end.number);
  if (end.kind == CommandEnd::Kind::kSignalled)
    return std::to_string(kShellsSignalBase + end.number);
  return std::to_string(kTimedOut);
}

}  // namespace

VmAgent::VmAgent(const std::string& vm, VmAgentOptions options)
    : vm_(VmFolder(vm).path()), folder_(vm_ + "/agent"), options_(std::move(options)) {
  if (!options_.kill) return;
  const std::size_t colon = options_.kill->find(':');
  kill_command_ = options_.kill->substr(0, colon);
  if (colon != std::string::npos) kill_call_ = options_.kill->substr(colon + 1);
  if (kill_call_.empty()) {
    throw Failure(ExitCode::kUsage, *options_.kill, "kill at " + *options_.kill)
        .advise("It is COMMAND:CALL[:before|after].");
  }
  limit_of(kill_command_);
}

VmAgent::Memory VmAgent::remember() const {
  std::ifstream in(folder_ + "/agent.json");
  if (!in) return {};
  const auto json = nlohmann::json::parse(in);
  return {json.at("version"), json.at("enabled"), json.at("last_sequence")};
}

void VmAgent::keep(const Memory& memory) const {
  fs::create_directories(folder_);
  const nlohmann::json json = {{"version", memory.version},
                               {"enabled", memory.enabled},
                               {"last_sequence", memory.last_sequence}};
  std::ofstream(folder_ + "/agent.json.new") << json.dump(2) << '\n';
  fs::rename(folder_ + "/agent.json.new", folder_ + "/agent.json");
}

HandlerFolder VmAgent::installed(const Memory& memory) const {
  HandlerFolder handler(folder_, memory.version);
  if (memory.version.empty() || !handler.exists()) {
    throw Failure(ExitCode::kUsage, vm_, "find a handler on the VM " + vm_)
        .advise("Install a package first: simvm agent VM install ZIP.");
  }
  return handler;
}

int VmAgent::next_sequence(const Memory& memory) const {
  return options_.sequence.value_or(memory.last_sequence + 1);
}

std::string VmAgent::settings() const {
  return options_.settings.value_or(
      R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":{},"protectedSettings":null,)"
      R"("protectedSettingsCertThumbprint":null}}]})");
}

CommandEnd VmAgent::run(const HandlerFolder& handler, const std::string& command, int sequence,
                        const Variables& variables) {
  const std::int64_t limit = limit_of(command);
  if (is_played(handler)) {
    pass_time(vm_, kBetweenCommandsMs);
    const CommandEnd end = play(vm_, handler.base(), command, sequence);
    tell(handler, command, end, limit);
    return end;
  }
  HandlerCommand how;
  how.words = handler.command_line(command);
  how.folder = handler.base();
  how.scratch = folder_ + "/tmp";
  how.vm = vm_;
  how.deadline_ms = pass_time(vm_, kBetweenCommandsMs) + limit * 1000;
  how.environment = variables;
  how.environment["AZURE_GUEST_AGENT_EXTENSION_PATH"] = handler.base();
  how.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = handler.version();
  how.environment["AZURE_GUEST_AGENT_WIRE_PROTOCOL_ADDRESS"] = "168.63.129.16";
  how.environment["AZURE_GUEST_AGENT_EXTENSION_SUPPORTED_FEATURES"] =
      R"([{"Key":"ExtensionTelemetryPipeline","Value":"1.0"}])";
  how.environment["ConfigSequenceNumber"] = std::to_string(sequence);
  if (command == kill_command_) {
    how.environment["EBPF_SIMULATED_STOP_AT"] = kill_call_;
  }
  const CommandEnd end = run_command(how);
  tell(handler, command, end, limit);
  check_status(handler, sequence);
  return end;
}

void VmAgent::tell(const HandlerFolder& handler, const std::string& command, const CommandEnd& end,
                   std::int64_t limit) const {
  pass_time(vm_, kBetweenCommandsMs);
  Scheduler(vm_).count_from_now();
  const std::string line =
      command + " " + handler.version() + ": " + outcome(end, kill_call_, limit);
  print(line, end.output);
  fs::create_directories(handler.log());
  std::ofstream(handler.log() + "/CommandExecution.log", std::ios::app) << line << '\n'
                                                                        << end.output << '\n';
}

bool VmAgent::enable(const HandlerFolder& handler, Memory& memory,
                     const std::string& uninstall_code) {
  handler.write_settings(memory.last_sequence, settings());
  const CommandEnd end = run(handler, "enable", memory.last_sequence,
                             {{"AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE", uninstall_code}});
  if (end.succeeded()) memory.enabled = true;
  keep(memory);
  return end.succeeded();
}

bool VmAgent::install(const std::string& zip) {
  Memory memory = remember();
  const HandlerFolder handler(folder_, version_of_package(zip));
  handler.extract(zip);
  memory = {handler.version(), false, next_sequence(memory)};
  keep(memory);
  handler.write_settings(memory.last_sequence, settings());
  const CommandEnd end = run(handler, "install", memory.last_sequence,
                             {{"AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE", kNotRun}});
  return end.succeeded() && enable(handler, memory, kNotRun);
}

bool VmAgent::update(const std::string& zip) {
  Memory memory = remember();
  const HandlerFolder old = installed(memory);
  const HandlerFolder fresh(folder_, version_of_package(zip));
  if (fresh.version() == old.version()) {
    throw Failure(ExitCode::kUsage, zip, "update to " + fresh.version())
        .advise("That version is there already.");
  }
  fresh.extract(zip);
  const int sequence = next_sequence(memory);
  memory.last_sequence = sequence;
  keep(memory);
  fresh.write_settings(sequence, settings());

  std::string disable_code = "None";
  if (memory.enabled) {
    const CommandEnd end = run(old, "disable", sequence, {});
    if (!end.succeeded()) return false;
    disable_code = exit_code_text(end);
    memory.enabled = false;
    keep(memory);
  }
  fresh.copy_reports_from(old);
  // A downgrade is run by the higher version, which is told the lower one twice.
  const bool downgrade = is_lower_version(fresh.version(), old.version());
  const HandlerFolder& updater = downgrade ? old : fresh;
  const std::string& from = downgrade ? fresh.version() : old.version();
  if (!run(updater, "update", sequence,
           {{"AZURE_GUEST_AGENT_DISABLE_CMD_EXIT_CODE", disable_code},
            {"AZURE_GUEST_AGENT_UPDATING_FROM_VERSION", from},
            {"VERSION", fresh.version()}})
           .succeeded()) {
    return false;
  }
  const CommandEnd uninstalled = run(old, "uninstall", sequence, {});
  if (!uninstalled.succeeded()) return false;
  old.remove();
  memory.version = fresh.version();
  keep(memory);
  const std::string uninstall_code = exit_code_text(uninstalled);
  if (fresh.installs_on_update() &&
      !run(fresh, "install", sequence,
           {{"AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE", uninstall_code}})
           .succeeded()) {
    return false;
  }
  return enable(fresh, memory, uninstall_code);
}

bool VmAgent::command(const std::string& name) {
  Memory memory = remember();
  const HandlerFolder handler = installed(memory);
  memory.last_sequence = options_.sequence.value_or(memory.last_sequence);
  if (name == "enable") return enable(handler, memory, kNotRun);
  const CommandEnd end = run(handler, name, memory.last_sequence, {});
  if (end.succeeded() && name == "disable") memory.enabled = false;
  if (end.succeeded() && name == "uninstall") {
    handler.remove();
    memory.version.clear();
    memory.enabled = false;
  }
  keep(memory);
  return end.succeeded();
}

}  // namespace simvm
