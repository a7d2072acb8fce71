#include "tests/simvm/show.h"

#include <array>
#include <ctime>
#include <fstream>
#include <iomanip>

#include "actions/machine/paths.h"
#include "actions/machine/pe_version.h"
#include "actions/machine/simulated/vm_folder.h"
#include "json/json.h"
#include "tests/simvm/handler_folder.h"

namespace simvm {
namespace {

using machine::simulated::Access;
using machine::simulated::MachineState;
using machine::simulated::ServiceRecord;
using machine::simulated::VmFolder;
using machine::simulated::disk::Drive;
using nlohmann::json;

std::string time_text(std::int64_t utc_ms) {
  const std::time_t seconds = utc_ms / 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &utc);
  return text.data();
}

std::string image_text(const ServiceRecord& record, const Drive& drive) {
  const std::string path =
      machine::image_file(record.config.image, R"(C:\Windows)", R"(C:\Program Files)");
  const auto place = drive.find(path);
  if (!place.exists()) return path + " (missing)";
  const auto version = drive.tree().version(place.host);
  if (!version) return path;
  const std::string numbers = std::to_string(version->major) + "." +
                              std::to_string(version->minor) + "." + std::to_string(version->patch);
  return path + " " + (version->product.empty() ? numbers : version->product);
}

void show_services(const MachineState& state, const Drive& drive, std::ostream& out) {
  for (const auto& [folded, record] : state.services) {
    out << "  " << std::left << std::setw(18) << record.name << std::setw(11)
        << machine::to_text(record.config.start) << std::setw(15) << machine::to_text(record.state)
        << image_text(record, drive);
    if (record.marked) out << " (marked for deletion)";
    if (record.exit_code != 0) out << " (last exit code " << record.exit_code << ")";
    out << '\n';
  }
}

void show_armed(const MachineState& state, std::ostream& out) {
  const json armed = to_json(state).at("behaviours");
  for (const auto& [name, row] : armed.at("services").items()) {
    if (!row.empty()) out << "  armed: service:" << name << ' ' << row.dump() << '\n';
  }
  for (const auto& [name, row] : armed.at("paths").items()) {
    out << "  armed: path:" << name << ' ' << row.dump() << '\n';
  }
  if (armed.contains("disk-full-at")) {
    out << "  armed: disk full-at=" << armed.at("disk-full-at") << '\n';
  }
}

void show_status(const std::string& text, int sequence, std::ostream& out) {
  const json status = json::parse(text, nullptr, false);
  out << "Status " << sequence << ": ";
  try {
    const json& main = status.at(0).at("status");
    out << main.at("status").get<std::string>() << ", "
        << main.at("formattedMessage").at("message").get<std::string>() << '\n';
    for (const json& part : main.value("substatus", json::array())) {
      out << "  " << std::left << std::setw(18) << part.value("name", "?") << std::setw(9)
          << part.value("status", "?")
          << part.at("formattedMessage").at("message").get<std::string>() << '\n';
    }
  } catch (const json::exception&) {
    out << "not in the VM Agent's format\n";
  }
}

void show_handler(const std::string& vm, std::ostream& out) {
  const std::string vm_agent = vm + "/agent";
  std::ifstream in(vm_agent + "/agent.json");
  const json memory = in ? json::parse(in, nullptr, false) : json::object();
  const std::string version = memory.value("version", "");
  if (version.empty()) {
    out << "Handler: none\n";
    return;
  }
  const int sequence = memory.value("last_sequence", 0);
  out << "Handler: " << version << (memory.value("enabled", false) ? ", enabled" : ", not enabled")
      << ", sequence number " << sequence << '\n';
  const auto status = HandlerFolder(vm_agent, version).status(sequence);
  if (status) show_status(*status, sequence, out);
}

}  // namespace

void show(const std::string& vm, std::ostream& out) {
  VmFolder folder(vm);
  Access access(folder);
  const MachineState& state = access.state();
  out << "Windows build " << state.os_build << ' ' << state.architecture << ", boot " << state.boots
      << ", " << time_text(state.clock_ms) << ", " << folder.drive().used_bytes()
      << " bytes on C:\n"
      << "Services:\n";
  show_services(state, folder.drive(), out);
  for (const auto& [folded, task] : state.tasks)
    out << "  task " << task.name << (task.enabled ? "" : " (disabled)") << '\n';
  show_armed(state, out);
  for (const auto& row : state.pending_renames) {
    out << "  at the next boot: " << (row.to.empty() ? "delete " : "rename ") << row.from
        << (row.to.empty() ? "" : " to " + row.to) << '\n';
  }
  show_handler(folder.path(), out);
}

}  // namespace simvm
