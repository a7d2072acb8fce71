#include "tests/world/oracle.h"

#include <algorithm>
#include <array>

#include "actions/machine/paths.h"
#include "tests/world/furniture.h"

namespace world {

using machine::StartType;
using machine::simulated::ServiceRecord;
using nlohmann::json;

namespace {

std::string of_service(std::string_view name) { return "service:" + std::string(name); }

bool has_any(const std::string& text, std::initializer_list<std::string_view> words) {
  const std::string folded = machine::fold_case(text);
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return folded.find(word) != std::string::npos; });
}

std::string image_path(const ServiceRecord& record) {
  return machine::fold_case(
      machine::image_file(record.config.image, R"(C:\Windows)", R"(C:\Program Files)"));
}

std::string place_of(std::string_view file) {
  return machine::fold_case(kInstallFolder) + "\\" + std::string(file);
}

// Others' services take their time: asked to start is enough.
bool comes_up(const Sight& now, std::string_view name) {
  const ServiceRecord* record = now.service(name);
  return record != nullptr && (record->state == machine::ServiceState::kRunning ||
                               record->state == machine::ServiceState::kStartPending);
}

bool contains_name(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names,
                             [&](const std::string& n) { return machine::equal_names(n, name); });
}

// The proxy may lose a dependency on a service that is not there any more, and get back one that it
// had: by the enable behind an install that brings the service back.
void judge_dependencies(const Sight& before, const Sight& now, const Told& told,
                        const std::vector<std::string>& proxy_had, Findings& findings) {
  const ServiceRecord* was = before.service(kProxy);
  const ServiceRecord* is = now.service(kProxy);
  if (was == nullptr || is == nullptr) return;
  const bool starts =
      told.command == "enable" || told.command == "setup install" || told.command == "setup update";
  const bool gives_back = starts && told.code == 0;
  std::vector<std::string> must_have;
  if (told.command != "install" && !told.behind_death) must_have = was->config.depends_on;
  if (gives_back) must_have.insert(must_have.end(), proxy_had.begin(), proxy_had.end());
  for (const std::string& on : must_have) {
    if (!contains_name(is->config.depends_on, on) && now.service(on) != nullptr &&
        !now.service(on)->marked)
      findings.push_back({Rule::kOthersUnchanged, of_service(kProxy),
                          "it lost its dependency on " + on + ", which is there"});
  }
  for (const std::string& on : is->config.depends_on) {
    if (!contains_name(was->config.depends_on, on) && !contains_name(proxy_had, on))
      findings.push_back(
          {Rule::kOthersUnchanged, of_service(kProxy), "it got a dependency on " + on});
  }
}

// The dependencies of the proxy have a rule of their own.
json without_proxy_dependencies(json others) {
  if (others["services"].contains(kProxy)) others["services"][kProxy].erase("depends");
  return others;
}

void judge_path(const Sight& now, Findings& findings) {
  constexpr std::size_t kLongest = 32'767;  // characters that Windows takes
  const std::size_t size = now.path_size;
  if (size > kLongest)
    findings.push_back({Rule::kOthersUnchanged, "path-variable",
                        "it has " + std::to_string(size) + " characters"});
}

void judge_status(const Told& told, Findings& findings) {
  const auto wrong = [&](const std::string& words) {
    findings.push_back({Rule::kOneStory, "status", words});
  };
  if (!told.status.is_array() || told.status.empty() || !told.status[0].is_object())
    return wrong("enable ended with " + std::to_string(told.code) + " and no status");
  const json status = told.status[0].value("status", json::object());
  const std::string word = status.value("status", "");
  const std::string expected = told.code == 0 ? "success" : "error";
  if (word != expected)
    wrong("exit code " + std::to_string(told.code) + ", status \"" + word + "\"");
  const json message = status.value("formattedMessage", json::object());
  if (message.value("message", "").empty()) wrong("it has no message");
  for (const json& row : status.value("substatus", json::array())) {
    if (row.value("status", "") == "error" && row.value("code", 0) == 0)
      wrong("the row of " + row.value("name", "") + " is an error with code 0");
  }
}

void judge_row(const Told& told, Findings& findings) {
  if (!told.row) return;
  const auto wrong = [&](const std::string& words) {
    findings.push_back({Rule::kOneStory, "journal", words});
  };
  if (told.row->command != told.command)
    return wrong("the newest row is of " + told.row->command + ", called was " + told.command);
  // A row whose undo has not reached its end has no code yet: people read the cause's.
  const bool has_ended = told.row->outcome != "open" || told.code == 0;
  if (has_ended && told.row->code != told.code)
    wrong("code " + std::to_string(told.row->code) + " in the journal, " +
          std::to_string(told.code) + " as exit code");
  const bool committed =
      told.row->outcome == "committed" || (told.code == 0 && told.row->outcome == "reboot-needed");
  const bool may_commit = told.code == 0 || told.code == kProxyComplaint;
  if (committed != (told.code == 0) && !(committed && may_commit))
    wrong("outcome " + told.row->outcome + ", exit code " + std::to_string(told.code));
}

}  // namespace

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

bool hinders(const Fault& fault) {
  if (fault.kind == FaultKind::kNotAnswering) return false;
  if (fault.kind == FaultKind::kNoRoom) return fault.object == "disk";
  const bool neighbours = fault.object == of_service(kNeighbour);
  return !(fault.kind == FaultKind::kStartFails && neighbours);
}

bool names_cause(const Told& told, std::span<const Fault> faults) {
  constexpr int kDowngradeRefused = 1005;
  if (told.code == kDowngradeRefused) return true;  // by the versions, whatever else is there
  return std::ranges::any_of(faults, [&](const Fault& fault) {
    if (!hinders(fault)) return false;
    if (fault.object == "disk") return has_any(told.output, {"disk", "space"});
    if (fault.object == "machine") return true;  // who decided has no name
    const std::string name = machine::fold_case(
        fault.object.starts_with("path:") ? machine::file_name(fault.object)
                                          : fault.object.substr(fault.object.find(':') + 1));
    return has_any(told.output, {name});
  });
}

bool names_restart(const Told& told) {
  return has_any(told.output, {"reboot", "restart the vm", "next boot", "after the boot"});
}

void judge_others(const Sight& before, const Sight& now, Findings& findings) {
  compare(Rule::kOthersUnchanged, without_proxy_dependencies(before.others),
          without_proxy_dependencies(now.others), findings);
  judge_path(now, findings);
}

void judge_any(const Sight& before, const Sight& now, const Told& told,
               const std::vector<std::string>& proxy_had, Findings& findings) {
  judge_others(before, now, findings);
  judge_dependencies(before, now, told, proxy_had, findings);
  if (now.clock_ms - before.clock_ms > told.limit_ms)
    findings.push_back(
        {Rule::kInTime, "machine",
         told.command + " took " + std::to_string((now.clock_ms - before.clock_ms) / 1000) + " s"});
  if (told.command == "enable") judge_status(told, findings);
  judge_row(told, findings);
  const std::string texts = told.output + told.status.dump();
  if (has_any(texts, {".. ", "..\n", "..\""}))
    findings.push_back({Rule::kOneStory, "output", "a sentence ends with two full stops"});
  judge_advice(told, findings);
}

void judge_advice(const Told& told, Findings& findings) {
  if (told.code != 0 && told.output.find("What to do: ") == std::string::npos)
    findings.push_back({Rule::kOneStory, "output", "it does not say what to do"});
}

void judge_started(const Sight& now, std::string_view service, Findings& findings) {
  const ServiceRecord* record = now.service(service);
  if (record == nullptr) return;
  const auto wrong = [&](const std::string& words) {
    findings.push_back({Rule::kEnabledRuns, of_service(service), words});
  };
  if (!now.runs(service)) wrong("it is " + std::string(to_text(record->state)));
  const StartType start = record->config.start;
  if (start == StartType::kDemand || start == StartType::kDisabled)
    wrong("its start type is " + std::string(to_text(start)));
}

void judge_runs(const Sight& now, const Payload& wanted, Findings& findings) {
  for (const ComponentOf& component : wanted.components()) {
    const ServiceRecord* record = now.service(component.service);
    if (record == nullptr) {
      findings.push_back(
          {Rule::kEnabledRuns, of_service(component.service), "it is not registered"});
      continue;
    }
    judge_started(now, component.service, findings);
    const std::string sha = now.loaded_by(component.service);
    if (now.runs(component.service) && sha != wanted.sha_of(component.file))
      findings.push_back(
          {Rule::kEnabledBytes, of_service(component.service),
           "it runs \"" + version_of(component.service, sha) + "\", wanted is " + wanted.version});
  }
}

void judge_files(const Sight& now, const Payload& wanted, Findings& findings) {
  for (const auto& [file, sha] : wanted.files) {
    const auto found = now.files.find(place_of(file));
    if (found != now.files.end() && found->second == sha) continue;
    findings.push_back({Rule::kFilesComplete, std::string("path:") + kInstallFolder + "\\" + file,
                        found == now.files.end() ? "it is missing" : "it has other bytes"});
  }
}

void judge_registered(const Sight& now, const Payload& wanted, Findings& findings) {
  for (const ComponentOf& component : wanted.components()) {
    const ServiceRecord* record = now.service(component.service);
    if (record != nullptr && image_path(*record) == place_of(component.file)) continue;
    findings.push_back(
        {Rule::kRegistered, of_service(component.service),
         record == nullptr ? "it is not registered" : "its image is " + record->config.image});
  }
}

void judge_proxy(const Sight& now, Findings& findings) {
  const ServiceRecord* proxy = now.service(kProxy);
  if (proxy == nullptr || now.runs(kProxy)) return;
  findings.push_back({Rule::kProxyRuns, of_service(kProxy),
                      "it is " + std::string(to_text(proxy->state)) + " (" +
                          std::to_string(proxy->exit_code) + ")"});
}

void judge_disabled(const Sight& now, const Told& told, Findings& findings) {
  if (names_restart(told)) return;
  for (const std::string& name : now.running()) {
    if (is_ours(name))
      findings.push_back({Rule::kDisabledStopped, of_service(name), "it runs, and no word of it"});
  }
}

void judge_given_back(const Sight& before, const Sight& now, Findings& findings) {
  for (const std::string& name : before.running()) {
    const ServiceRecord* is = now.service(name);
    const auto wrong = [&](const std::string& words) {
      findings.push_back({Rule::kGivenBack, of_service(name), words});
    };
    if (is == nullptr) {
      wrong("it ran, and is not registered");
    } else if (is_ours(name) ? !now.runs(name) : !comes_up(now, name)) {
      wrong("it ran, and is " + std::string(to_text(is->state)) + " (" +
            std::to_string(is->exit_code) + ")");
    } else if (is_ours(name) && now.loaded_by(name) != before.loaded_by(name)) {
      wrong("it runs other bytes than before");
    } else if (is_ours(name) && is->config.start != before.service(name)->config.start) {
      wrong("its start type was " + std::string(to_text(before.service(name)->config.start)) +
            ", and is " + std::string(to_text(is->config.start)));
    }
  }
}

Findings without_removed(Findings not_given_back, const Sight& now) {
  const bool any_left = std::ranges::any_of(
      now.services, [](const auto& service) { return is_ours(service.second.name); });
  if (!any_left)
    std::erase_if(not_given_back, [](const Finding& finding) {
      return finding.object.starts_with("service:") && is_ours(finding.object.substr(8));
    });
  return not_given_back;
}

void judge_neighbours(const Sight& before, const Sight& now, Findings& findings) {
  for (const std::string& name : before.running()) {
    if (is_ours(name) || machine::equal_names(name, kProxy) || comes_up(now, name)) continue;
    findings.push_back({Rule::kNeighbourRuns, of_service(name), "it ran, and does not"});
  }
}

void judge_nothing_left(const Sight& virgin, const Sight& now, Findings& findings) {
  json was = virgin.ours;
  // Deletions may be taken back, and tasks that an earlier uninstall had to leave may go.
  for (const char* part : {"pending", "tasks"}) {
    for (const auto& [name, row] : virgin.ours.at(part).items()) {
      if (!now.ours.at(part).contains(name)) was[part].erase(name);
    }
  }
  compare(Rule::kNothingLeft, was, now.ours, findings);
}

void judge_warned(const Told& told, std::string_view newer, Findings& findings) {
  const json::json_pointer rows("/0/status/substatus");
  const json substatus =
      told.status.is_array() && told.status.contains(rows) ? told.status.at(rows) : json::array();
  const bool warned = std::ranges::any_of(substatus, [&](const json& row) {
    const std::string message = row.value("formattedMessage", json::object()).value("message", "");
    return row.value("status", "") == "warning" && has_any(message, {newer}) &&
           has_any(message, {"newer than"});
  });
  if (!warned)
    findings.push_back({Rule::kOneStory, "status",
                        "no warning names the newer " + std::string(newer) + " of somebody else"});
}

void judge_safe_to_boot(const Sight& now, const Told& told, Findings& findings) {
  for (const auto& [path, row] : now.ours.at("pending").items())
    findings.push_back({Rule::kSafeToBoot, "path:" + path, "the next boot deletes it"});
  constexpr std::uint32_t kCritical = 3;
  for (const char* name : {kCore, kExtension}) {
    const ServiceRecord* record = now.service(name);
    if (record == nullptr || record->config.error_control < kCritical) continue;
    if (!has_any(told.output + told.status.dump(), {"error control", "errorcontrol"}))
      findings.push_back({Rule::kSafeToBoot, of_service(name), "its error control is critical"});
  }
}

void judge_boot(const Sight& now, Findings& findings) {
  const std::string core = now.loaded_by(kCore);
  const std::string extension = now.loaded_by(kExtension);
  if (core.empty() || extension.empty()) return;
  const std::string a = version_of(kCore, core);
  const std::string b = version_of(kExtension, extension);
  if (a != b)
    findings.push_back({Rule::kOneVersion, "machine",
                        "the boot loaded EbpfCore \"" + a + "\" and NetEbpfExt \"" + b + "\""});
}

}  // namespace world
