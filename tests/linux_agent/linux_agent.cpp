#include "tests/linux_agent/linux_agent.h"

#include <gtest/gtest.h>

#include <utility>

#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"

namespace linux_agent {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<std::string> Report::calls() const {
  std::vector<std::string> calls;
  for (const Command& command : commands)
    calls.push_back(command.name + " " + command.version + "=" + std::to_string(command.code));
  return calls;
}

std::string Report::text() const {
  std::string text = "goal state " + goal_state + "\n";
  for (const Command& command : commands)
    text += command.name + " " + command.version + " = " + std::to_string(command.code) + "\n" +
            command.output + "\n";
  return text + handler.dump() + "\n" + extension.dump() + "\n";
}

LinuxAgent::LinuxAgent(fs::path folder, fs::path vm)
    : folder_(std::move(folder)), vm_(std::move(vm)) {
  fs::create_directories(folder_);
}

void LinuxAgent::offer(const std::string& version, const std::string& zip) {
  packages_[version] = zip;
}

Report LinuxAgent::process(const GoalState& wanted, const std::string& die_behind) {
  const json call = {{"agent", EBPF_LINUX_AGENT},
                     {"folder", folder_.string()},
                     {"incarnation", ++incarnation_},
                     {"name", kExtension},
                     {"version", wanted.version},
                     {"state", wanted.version.empty() ? "gone" : wanted.state},
                     {"sequence", wanted.sequence ? json(*wanted.sequence) : json()},
                     {"settings", json::object()},
                     {"packages", packages_},
                     {"die_behind", die_behind}};
  const fs::path file = folder_ / "call.json";
  lab::write_file(file, call.dump());
  const lab::ProgramEnd ended = lab::run_program(
      {.words = {"/usr/bin/python3", EBPF_TEST_SOURCE "/tests/linux_agent/goal_state.py",
                 file.string()},
       .folder = folder_,
       .scratch = folder_,
       .variables = {{"EBPF_HANDLER_MACHINE", vm_.string()}, {"PYTHONDONTWRITEBYTECODE", "1"}},
       .hidden = {"EBPF_HANDLER_"}});
  const json told = json::parse(ended.out, nullptr, false);
  if (ended.code != 0 || told.is_discarded()) {
    ADD_FAILURE() << "the agent ended with " << ended.code << "\n"
                  << ended.out << ended.err << log();
    return {};
  }
  Report report;
  report.died = told.at("died");
  for (const json& command : told.at("commands"))
    report.commands.push_back(
        {command.at("name"), command.at("version"), command.at("code"), command.at("output")});
  if (report.died) return report;
  report.goal_state = told.at("goal_state");
  for (json handler : told.at("handlers")) {
    report.extension = handler.at("extension_status");
    handler.erase("extension_status");
    report.handler = handler;
  }
  return report;
}

fs::path LinuxAgent::handler_folder(const std::string& version) const {
  return folder_ / "lib" / (std::string(kExtension) + "-" + version);
}

fs::path LinuxAgent::log_folder() const { return folder_ / "log" / kExtension; }

std::string LinuxAgent::log() const { return lab::read_file(folder_ / "waagent.log"); }

}  // namespace linux_agent
