#include "tests/lifecycle/vm_agent.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "package/release/zip.h"
#include "tests/lab/status_check.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kName = "Microsoft.EbpfForWindows.EbpfForWindows";

std::string logs(const std::string& version) {
  return std::string("WindowsAzure/Logs/Plugins/") + kName + "/" + version;
}

std::string windows_path(std::string relative) {
  for (char& c : relative)
    if (c == '/') c = '\\';
  return "C:\\" + relative;
}

}  // namespace

std::string VmAgent::plugin(const std::string& version) const {
  return plugins_ + "/" + kName + "/" + version;
}

fs::path VmAgent::package(const std::string& version) const { return vm_.drive(plugin(version)); }

void VmAgent::extract(const std::string& zip, const std::string& version) {
  const fs::path folder = package(version);
  fs::create_directories(folder);
  package::release::extract_zip(zip, folder.string());
  for (const char* name : {"RuntimeSettings", "Status"})
    fs::create_directories(folder / name);
  fs::create_directories(vm_.drive(logs(version)) / "Events");
  const std::string at = windows_path(plugin(version));
  const std::string log = windows_path(logs(version));
  lab::write_file(folder / "HandlerEnvironment.json",
                  json::array({{{"name", kName},
                                {"seqNo", std::to_string(sequence_)},
                                {"version", 1.0},
                                {"handlerEnvironment",
                                 {{"logFolder", log},
                                  {"configFolder", at + "\\RuntimeSettings"},
                                  {"statusFolder", at + "\\Status"},
                                  {"heartbeatFile", at + "\\Status\\HeartBeat.Json"},
                                  {"eventsFolder", log + "\\Events"},
                                  {"deploymentid", "f0fb8d6e-0000-0000-0000-000000000000"},
                                  {"rolename", "_vm"},
                                  {"instance", "_vm"},
                                  {"hostResolverAddress", "168.63.129.16"}}}}})
                      .dump());
}

Call VmAgent::call(const std::string& version, const std::string& command,
                   const std::string& fault) const {
  const fs::path folder = package(version);
  const json manifest = json::parse(lab::read_file(folder / "HandlerManifest.json"));
  const std::string text = manifest.at(0).at("handlerManifest").at(command + "Command");
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) throw std::runtime_error("no argument in " + text);
  lab::write_file(folder / "RuntimeSettings" / (std::to_string(sequence_) + ".settings"),
                  R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":{}}}]})");
  std::map<std::string, std::string> variables = variables_;
  variables["ConfigSequenceNumber"] = std::to_string(sequence_);
  variables["AZURE_GUEST_AGENT_EXTENSION_PATH"] = windows_path(plugin(version));
  variables["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = version;
  if (!fault.empty()) variables["EBPF_HANDLER_FAULT"] = fault;
  const std::string program = windows_path(plugin(version)) + "\\" + text.substr(0, space);
  Call made{command, version, vm_.run({program, text.substr(space + 1)}, variables)};
  const fs::path status = status_file(version);
  if (fs::exists(status)) {
    const std::string contradiction = lab::contradiction_in(lab::read_file(status));
    if (!contradiction.empty()) ADD_FAILURE() << command << " " << version << ": " << contradiction;
  }
  return made;
}

Call VmAgent::install(const std::string& version) const {
  Call made = call(version, "install");
  return made.ended.code == 0 ? call(version, "enable") : made;
}

Call VmAgent::update(const std::string& from, const std::string& to) const {
  Call made = call(from, "disable");
  if (made.ended.code == 0) made = call(to, "update");
  if (made.ended.code == 0) {
    made = call(from, "uninstall");
    if (made.ended.code != 0) return made;
    drop(from);
    made = install(to);
  }
  return made;
}

void VmAgent::drop(const std::string& version) const { fs::remove_all(package(version)); }

lab::ProgramEnd VmAgent::recover(const std::string& version,
                                 const std::vector<std::string>& options) const {
  std::vector<std::string> words{windows_path(plugin(version)) + "\\ebpf-handler.exe", "recover"};
  words.insert(words.end(), options.begin(), options.end());
  return vm_.run(words, variables_);
}

fs::path VmAgent::status_file(const std::string& version) const {
  return package(version) / "Status" / (std::to_string(sequence_) + ".status");
}

json VmAgent::status(const std::string& version) const {
  const fs::path file = status_file(version);
  if (!fs::exists(file)) return nullptr;
  return json::parse(lab::read_file(file)).at(0).at("status");
}

std::string VmAgent::log(const std::string& version) const {
  return lab::read_file(vm_.drive(logs(version)) / "ebpf_handler.log");
}

}  // namespace lifecycle
