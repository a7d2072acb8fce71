#include "tests/lifecycle/wine_vm.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "actions/machine/sha256.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTestsKey = R"(HKLM\Software\ebpf-handler tests\)";
constexpr const char* kWitness = EBPF_TEST_BIN "/witness.exe";

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
  program.limit = std::chrono::seconds(300);
  return lab::run_program(program);
}

std::string words_of(const lab::ProgramEnd& ended) {
  return ended.out + ended.err + "(exit code " + std::to_string(ended.code) + ")";
}

std::string must(const std::string& what, const lab::ProgramEnd& ended) {
  if (ended.code != 0) throw BenchError(what + ": " + words_of(ended));
  return ended.out;
}

// A path of this system, as programs under Wine have it.
std::string of_wine(const fs::path& path) {
  std::string text = "Z:" + path.string();
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
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
  std::string path = must("new VM", wine_prefix("new", {std::to_string(::getpid())}));
  std::erase(path, '\n');
  prefix_ = path;
}

WineVm::~WineVm() {
  try {
    must("remove the VM", wine_prefix("remove", {prefix_}));
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

void WineVm::reboot() const {
  must("stop the VM", wine_prefix("stop", {prefix_}));
  must("boot the VM", wine_prefix("boot", {prefix_}));
}

fs::path WineVm::drive(const std::string& relative) const { return prefix_ / "drive_c" / relative; }

lab::ProgramEnd WineVm::run(const std::vector<std::string>& words,
                            const std::map<std::string, std::string>& variables) const {
  const lab::TemporaryFolder folder;
  const fs::path code = folder.path() / "code";
  std::map<std::string, std::string> all_variables = variables;
  all_variables["EBPF_HANDLER_EXIT_CODE_FILE"] = of_wine(code);
  std::vector<std::string> all{prefix_};
  all.insert(all.end(), words.begin(), words.end());
  lab::ProgramEnd ended = wine_prefix("run", all, all_variables);
  ended.out = without_returns(ended.out);
  ended.err = without_returns(ended.err);
  const std::string text = lab::read_file(code);
  if (!text.empty()) {
    ended.code = static_cast<int>(std::stoul(text));
  } else if (ended.signal == SIGKILL) {
    ended.code = kHung;
  } else if (ended.code != kKilled) {
    throw std::runtime_error(words[0] + " crashed, or Wine did: " + words_of(ended));
  }
  return ended;
}

std::string WineVm::ask(const std::vector<std::string>& words) const {
  std::vector<std::string> all{prefix_, kWitness};
  all.insert(all.end(), words.begin(), words.end());
  return without_returns(must("ask for " + testing::PrintToString(words), wine_prefix("run", all)));
}

std::string WineVm::state(const std::string& service) const {
  return without_empty_end(ask({"state", service}));
}

std::string WineVm::registry(const std::string& key) const { return ask({"registry", key}); }

void WineVm::behave(const std::string& service, Behaviour behaviour,
                    const std::string& which) const {
  ask({"set", kTestsKey + service, "behaviour" + (which.empty() ? "" : " " + which), "dword",
       std::to_string(static_cast<std::uint32_t>(behaviour))});
}

// Not what the tool of the store writes for its user: the VM Agent's is SYSTEM, Wine's is another.
std::string WineVm::snapshot(const std::string& install_folder) const {
  return hashes(drive(install_folder), "C:/" + install_folder) +
         ask({"services", "EbpfCore,NetEbpfExt,eBPFSvc,GuestProxyAgent", "registry",
              R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)", "registry",
              R"(HKLM\SOFTWARE\Microsoft\NetSh)", "registry", R"(HKLM\Software\eBPF)", "registry",
              R"(HKU\S-1-5-18\Software\eBPF)"}) +
         task_texts(drive("windows/system32/tasks"));
}

}  // namespace lifecycle
