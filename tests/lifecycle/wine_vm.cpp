#include "tests/lifecycle/wine_vm.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <stdexcept>

#include "actions/machine/sha256.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTestsKey = R"(HKLM\Software\ebpf-handler tests\)";
constexpr const char* kServicesKey = R"(HKLM\SYSTEM\CurrentControlSet\Services\)";
constexpr const char* kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";
constexpr std::array kServices{"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"};

// tests/windows/wine-prefix VERB WORDS…
lab::ProgramEnd wine_prefix(const std::string& verb, const std::vector<std::string>& words,
                            const std::map<std::string, std::string>& variables = {}) {
  const lab::TemporaryFolder scratch;
  lab::Program program;
  program.words = {EBPF_TEST_SOURCE "/tests/windows/wine-prefix", verb};
  program.words.insert(program.words.end(), words.begin(), words.end());
  program.scratch = scratch.path();
  program.variables = variables;
  program.hidden = {"EBPF_", "VERSION="};
  program.limit = std::chrono::seconds(300);  // the agent's, of most commands
  return lab::run_program(program);
}

std::string must(const lab::ProgramEnd& ended) {
  if (ended.code != 0)
    throw std::runtime_error(ended.out + ended.err + " (" + std::to_string(ended.code) + ")");
  return ended.out;
}

std::string without_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string hashes(const fs::path& folder, const std::string& shown) {
  std::vector<std::string> lines;
  if (!fs::exists(folder)) return shown + ": absent\n";
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = shown + "/" + fs::relative(entry.path(), folder).string();
    lines.push_back(entry.is_directory()
                        ? name + "/"
                        : name + " " + machine::sha256_of(lab::read_file(entry.path())));
  }
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines)
    text += line + "\n";
  return text;
}

std::string without_empty_end(std::string text) {
  text.resize(text.find_last_not_of("\r\n") + 1);
  return text;
}

// The tasks in the scheduler's root folder. Not the recovery task, which has a folder of its own:
// it stays after an undone update. Wine adds an empty line to a task each time that it is
// registered.
std::string task_texts(const fs::path& folder) {
  std::map<std::string, std::string> tasks;
  if (fs::exists(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_regular_file())
        tasks[entry.path().filename().string()] = without_empty_end(lab::read_file(entry.path()));
    }
  }
  std::string text;
  for (const auto& [name, xml] : tasks)
    text += "task " + name + "\n" + xml + "\n";
  return text;
}

}  // namespace

WineVm::WineVm() {
  std::string path = must(wine_prefix("new", {std::to_string(::getpid())}));
  std::erase(path, '\n');
  prefix_ = path;
}

WineVm::~WineVm() { wine_prefix("remove", {prefix_}); }

void WineVm::reboot() const {
  must(wine_prefix("stop", {prefix_}));
  must(wine_prefix("boot", {prefix_}));
}

fs::path WineVm::drive(const std::string& relative) const { return prefix_ / "drive_c" / relative; }

lab::ProgramEnd WineVm::run(const std::vector<std::string>& words,
                            const std::map<std::string, std::string>& variables) const {
  std::vector<std::string> all{prefix_};
  all.insert(all.end(), words.begin(), words.end());
  lab::ProgramEnd ended = wine_prefix("run", all, variables);
  ended.out = without_returns(ended.out);
  ended.err = without_returns(ended.err);
  return ended;
}

lab::ProgramEnd WineVm::ask(const std::vector<std::string>& words) const {
  constexpr int kTries = 3;
  for (int i = 1;; ++i) {
    lab::ProgramEnd ended = run(words);
    const bool silent = ended.code != 0 && ended.out.empty() && ended.err.empty();
    if (!silent || i == kTries) return ended;
  }
}

std::string WineVm::state(const std::string& service) const {
  const lab::ProgramEnd ended = ask({"sc", "query", service});
  const std::size_t line = ended.out.find("STATE");
  if (ended.code != 0 || line == std::string::npos) return "";
  std::istringstream words(ended.out.substr(ended.out.find(':', line) + 1));
  std::string number;
  std::string name;
  words >> number >> name;
  return name;
}

std::string WineVm::registry(const std::string& key) const {
  const lab::ProgramEnd ended = ask({"reg", "query", key, "/s"});
  const bool absent = ended.out.find("Unable to find") != std::string::npos;
  return absent ? "" : must(ended);
}

void WineVm::set_value(const std::string& key, const std::string& name, const std::string& type,
                       const std::string& data) const {
  must(ask({"reg", "add", key, "/v", name, "/t", type, "/d", data, "/f"}));
}

void WineVm::behave(const std::string& service, Behaviour behaviour,
                    const std::string& which) const {
  set_value(kTestsKey + service, "behaviour" + (which.empty() ? "" : " " + which), "REG_DWORD",
            std::to_string(static_cast<std::uint32_t>(behaviour)));
}

std::string WineVm::snapshot(const std::string& install_folder) const {
  std::string text = hashes(drive(install_folder), "C:/" + install_folder);
  for (const char* service : kServices) {
    text += registry(kServicesKey + std::string(service));
    text += std::string(service) + ": " + state(service) + "\n";
  }
  text += registry(R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)");
  text += registry(kNetshKey);
  // Not what the tool writes for its user: the agent's is SYSTEM, Wine's is another.
  text += registry(R"(HKLM\Software\eBPF)") + registry(R"(HKU\S-1-5-18\Software\eBPF)");
  return text + task_texts(drive("windows/system32/tasks"));
}

}  // namespace lifecycle
