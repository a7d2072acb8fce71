#include "tests/lifecycle/wine_vm.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "actions/machine/sha256.h"

extern char** environ;  // NOLINT(readability-redundant-declaration)

namespace lifecycle {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTestsKey = R"(HKLM\Software\ebpf-handler tests\)";
constexpr const char* kServicesKey = R"(HKLM\SYSTEM\CurrentControlSet\Services\)";
constexpr const char* kNetshKey = R"(HKLM\SOFTWARE\Microsoft\NetSh)";
constexpr std::array kServices{"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"};

std::vector<std::string> environment_of(const fs::path& prefix,
                                        const std::map<std::string, std::string>& given) {
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const bool ours = text.starts_with("WINE") || text.starts_with("DISPLAY=") ||
                      text.starts_with("EBPF_") || text.starts_with("VERSION=");
    if (!ours) all.push_back(text);
  }
  all.push_back("WINEPREFIX=" + prefix.string());
  all.emplace_back("WINEDEBUG=-all");
  // No desktop, no Mono, no Gecko: nobody is asked whether they should be installed.
  all.emplace_back("WINEDLLOVERRIDES=mscoree,mshtml=");
  for (const auto& [name, value] : given)
    all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

void redirect(const char* path, int flags, int to) {
  const int fd = ::open(path, flags, 0600);
  if (fd < 0 || ::dup2(fd, to) != to) ::_exit(126);
}

// Output goes to files, never to pipes: what the first program of a prefix starts keeps them open.
int run_words(std::vector<std::string> words, std::vector<std::string> variables, const char* out,
              const char* err, int seconds) {
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  const pid_t child = ::fork();
  if (child == 0) {
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    redirect("/dev/null", O_RDONLY, STDIN_FILENO);
    redirect(out, flags, STDOUT_FILENO);
    redirect(err, flags, STDERR_FILENO);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    ::_exit(127);
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > until) ::kill(child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  constexpr int kSignalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignalled + WTERMSIG(status);
}

int wine(const fs::path& prefix, std::vector<std::string> words) {
  return run_words(std::move(words), environment_of(prefix, {}), "/dev/null", "/dev/null", 120);
}

void must(int code, const std::string& what) {
  if (code == 0) return;
  const bool missing = code == 127;
  throw std::runtime_error(
      what + " ended with " + std::to_string(code) +
      (missing ? ": Wine is not installed (./bootstrap test installs it)" : ""));
}

void start_server(const fs::path& prefix) {
  must(wine(prefix, {"wineserver", "-p"}), "wineserver -p");
  must(wine(prefix, {"wine", "wineboot"}), "wine wineboot");
}

void stop_server(const fs::path& prefix) {
  wine(prefix, {"wineserver", "-k"});
  wine(prefix, {"wineserver", "-w"});
}

void add_value(const fs::path& prefix, const std::string& key, const std::string& name,
               const std::string& type, const std::string& data) {
  must(wine(prefix, {"wine", "reg", "add", key, "/v", name, "/t", type, "/d", data, "/f"}),
       "reg add " + key + " " + name);
}

// Windows Server 2022; a service that does not answer is given up after two seconds; no dump of a
// crash.
void make_template(const fs::path& prefix) {
  must(wine(prefix, {"wine", "wineboot", "--init"}), "wine wineboot --init");
  const std::string version = R"(HKLM\Software\Microsoft\Windows NT\CurrentVersion)";
  add_value(prefix, version, "CurrentBuild", "REG_SZ", "20348");
  add_value(prefix, version, "CurrentBuildNumber", "REG_SZ", "20348");
  add_value(prefix, version, "CurrentVersion", "REG_SZ", "6.3");
  add_value(prefix, version, "CurrentMajorVersionNumber", "REG_DWORD", "10");
  add_value(prefix, version, "CurrentMinorVersionNumber", "REG_DWORD", "0");
  add_value(prefix, version + R"(\AeDebug)", "Auto", "REG_SZ", "0");
  add_value(prefix, R"(HKLM\SYSTEM\CurrentControlSet\Control)", "ServicesPipeTimeout", "REG_SZ",
            "2000");
  must(wine(prefix, {"wine", "reg", "add", kNetshKey, "/f"}), "reg add");  // Windows has it
  stop_server(prefix);
}

// One for all tests of a build: whole or absent.
fs::path template_of_this_build() {
  const fs::path folder = EBPF_TEST_WINE;
  const fs::path made = folder / "template";
  fs::create_directories(folder);
  const int lock = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || ::flock(lock, LOCK_EX) != 0)
    throw std::runtime_error("no lock on " + made.string());
  if (!fs::exists(made)) {
    const fs::path making = folder / "making";
    fs::remove_all(making);
    make_template(making);
    fs::rename(making, made);
  }
  ::close(lock);
  return made;
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

// Beside the template: hard links do not cross file systems. Not linked is the registry: Wine
// writes into such a file where it has other links.
WineVm::WineVm() {
  const fs::path made = template_of_this_build();
  std::string pattern = (made.parent_path() / "vm-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
  folder_ = pattern;
  prefix_ = folder_ / "prefix";
  must(run_words({"cp", "-al", made.string(), prefix_.string()}, environment_of(prefix_, {}),
                 "/dev/null", "/dev/null", 60),
       "cp -al");
  for (const auto& entry : fs::directory_iterator(made)) {
    if (entry.path().extension() != ".reg") continue;
    fs::remove(prefix_ / entry.path().filename());
    fs::copy_file(entry.path(), prefix_ / entry.path().filename());
  }
  boot();
}

WineVm::~WineVm() {
  shut_down();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void WineVm::boot() const { start_server(prefix_); }
void WineVm::shut_down() const { stop_server(prefix_); }

void WineVm::reboot() const {
  shut_down();
  boot();
}

fs::path WineVm::drive(const std::string& relative) const { return prefix_ / "drive_c" / relative; }

Ended WineVm::run(const std::vector<std::string>& words,
                  const std::map<std::string, std::string>& variables, int seconds) const {
  std::vector<std::string> all{"wine"};
  all.insert(all.end(), words.begin(), words.end());
  static std::atomic<int> runs = 0;  // two programs may run at once
  const std::string number = std::to_string(++runs);
  const fs::path out = folder_ / ("out-" + number);
  const fs::path err = folder_ / ("err-" + number);
  Ended ended;
  ended.code =
      run_words(all, environment_of(prefix_, variables), out.c_str(), err.c_str(), seconds);
  ended.out = without_returns(lab::read_file(out));
  ended.err = without_returns(lab::read_file(err));
  return ended;
}

std::string WineVm::state(const std::string& service) const {
  const Ended ended = run({"sc", "query", service});
  const std::size_t line = ended.out.find("STATE");
  if (ended.code != 0 || line == std::string::npos) return "";
  std::istringstream words(ended.out.substr(ended.out.find(':', line) + 1));
  std::string number;
  std::string name;
  words >> number >> name;
  return name;
}

std::string WineVm::registry(const std::string& key) const {
  const Ended ended = run({"reg", "query", key, "/s"});
  return ended.code == 0 ? ended.out : "";
}

void WineVm::set_value(const std::string& key, const std::string& name, const std::string& type,
                       const std::string& data) const {
  add_value(prefix_, key, name, type, data);
}

void WineVm::behave(const std::string& service, Behaviour behaviour,
                    const std::string& version) const {
  set_value(kTestsKey + service, "behaviour" + (version.empty() ? "" : " " + version), "REG_DWORD",
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
  text += registry(R"(HKLM\Software\eBPF)") + registry(R"(HKCU\Software\eBPF)");
  return text + task_texts(drive("windows/system32/tasks"));
}

}  // namespace lifecycle
