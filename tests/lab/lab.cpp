#include "tests/lab/lab.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "actions/machine/fault_tap.h"
#include "actions/machine/simulated/posix_host_files.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/simulated/vm_folder.h"
#include "actions/machine/system.h"
#include "engine/journal_text.h"
#include "errors/exit_code.h"
#include "journal/reader.h"
#include "package/builder.h"
#include "package/payload_manifest.h"
#include "tests/lab/camera.h"

namespace lab {

namespace fs = std::filesystem;
using machine::simulated::MemoryVm;
using machine::simulated::SimulatedMachine;
using nlohmann::json;

Package::Package(const fs::path& folder, const std::string& payload)
    : folder_(folder), version_(payload) {
  machine::simulated::PosixHostFiles host;
  const std::string root =
      package::find_payload_root(host, std::string(EBPF_TEST_PAYLOADS) + "/" + payload);
  for (const char* name : {"package", "log", "config", "status", "events"})
    fs::create_directories(folder_ / name);
  fs::copy(root, folder_ / "package" / "bin", fs::copy_options::recursive);
  write_file(folder_ / "handler", "the handler's program");
  write_file(file("payload.json"),
             package::to_json(package::list_payload(host, file("bin").string())));
  write_file(file("HandlerEnvironment.json"),
             json::array({{{"name", "Microsoft.EbpfForWindows.EbpfForWindows"},
                           {"version", 1.0},
                           {"handlerEnvironment",
                            {{"logFolder", (folder_ / "log").string()},
                             {"configFolder", (folder_ / "config").string()},
                             {"statusFolder", (folder_ / "status").string()},
                             {"heartbeatFile", (folder_ / "heartbeat.log").string()},
                             {"eventsFolder", (folder_ / "events").string()}}}}})
                 .dump());
}

json Package::status(int sequence_number) const {
  const fs::path path = folder_ / "status" / (std::to_string(sequence_number) + ".status");
  return fs::exists(path) ? json::parse(read_file(path)) : json();
}

std::string Package::log() const { return read_file(folder_ / "log" / "ebpf_handler.log"); }

std::vector<fs::path> Package::written_folders() const {
  return {folder_ / "log", folder_ / "config", folder_ / "status", folder_ / "events"};
}

Vm Vm::create(const fs::path& folder, const machine::simulated::VmOptions& options) {
  machine::simulated::create_vm(folder.string(), options);
  return {folder, nullptr};
}

Vm Vm::in_memory(const fs::path& folder, const machine::simulated::VmOptions& options) {
  fs::create_directories(folder);
  return {folder, std::make_shared<MemoryVm>(folder.string(), options)};
}

Vm Vm::copy_to(const fs::path& folder) const {
  fs::remove_all(folder);
  if (memory_) {
    fs::copy(folder_, folder, fs::copy_options::recursive);
    return {folder, std::make_shared<MemoryVm>(folder.string(), memory_->value())};
  }
  machine::simulated::copy_vm(folder_.string(), folder.string());
  return {folder, nullptr};
}

std::unique_ptr<machine::Machine> Vm::machine() const {
  if (memory_) return std::make_unique<SimulatedMachine>(*memory_);
  return std::make_unique<SimulatedMachine>(folder_.string());
}

std::unique_ptr<machine::simulated::VmHome> Vm::home() const {
  if (memory_) return std::make_unique<machine::simulated::MemoryHome>(*memory_);
  return std::make_unique<machine::simulated::VmFolder>(folder_.string());
}

void Vm::put(const std::string& path, const std::string& content) const {
  const auto vm = home();
  vm->drive().tree().write(vm->drive().find(path).host, content);
}

void Vm::remove(const std::string& path) const {
  const auto vm = home();
  vm->drive().tree().remove(vm->drive().find(path).host);
}

std::function<void(journal::CommitPhase)> commit_hook(machine::Tap* tap) {
  if (tap == nullptr) return {};
  return [tap](journal::CommitPhase phase) {
    const machine::Call call{"journal.commit", "journal.db"};
    phase == journal::CommitPhase::kBefore ? tap->before(call) : tap->after(call);
  };
}

engine::Reply Vm::run(engine::Command command, const Package& package, machine::Tap* tap,
                      const std::optional<std::string>& sequence) const {
  const auto inner = machine();
  std::unique_ptr<machine::Machine> tapped =
      tap == nullptr ? nullptr : machine::tap_machine(*inner, *tap);
  engine::Request request = Vm::request(command, package);
  request.sequence_variable = sequence;
  request.on_commit = commit_hook(tap);
  return engine::run(tapped ? *tapped : *inner, request);
}

engine::Request Vm::request(engine::Command command, const Package& package) {
  engine::Request request;
  request.command = command;
  request.package_root = package.root();
  request.program = package.program();
  request.sequence_variable = "0";
  request.handler_version = package.version() + ".1";
  request.process_id = 1000;
  request.lock_patience = std::chrono::milliseconds(0);
  return request;
}

engine::Reply Vm::run(const engine::Request& request) const {
  return engine::run(*machine(), request);
}

engine::Reply Vm::run_as(const std::string& handler_version, engine::Command command,
                         const Package& package) const {
  engine::Request call = request(command, package);
  call.handler_version = handler_version;
  return run(call);
}

engine::Reply Vm::run_update_to(const std::string& version, const Package& package,
                                const std::string& sequence) const {
  engine::Request call = request(engine::Command::kUpdate, package);
  call.sequence_variable = sequence;
  call.version_variable = version;
  return run(call);
}

engine::Reply Vm::recover_abandoned() const {
  engine::Request call;
  call.command = engine::Command::kRecover;
  call.abandoned = true;
  call.lock_patience = std::chrono::milliseconds(0);
  return run(call);
}

bool Vm::run_killed(engine::Command command, const Package& package, const std::string& at) const {
  if (!memory_) {
    machine::FaultTap tap(machine::fault_from(at));
    return run_in_child(command, package, &tap) == -SIGKILL;
  }
  Camera camera(*memory_, package.written_folders());
  std::optional<Photograph> photograph;
  machine::FaultTap tap(machine::fault_from(at), [&] { photograph = camera.take(); });
  run(command, package, &tap);
  if (photograph) camera.restore(*photograph);
  return photograph.has_value();
}

int Vm::run_in_child(engine::Command command, const Package& package, machine::Tap* tap) const {
  if (memory_) throw std::logic_error("what a child does to a VM in memory is lost with it");
  int channel[2];
  if (::pipe(channel) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = static_cast<int>(run(command, package, tap).code);
    const auto written = ::write(channel[1], &code, sizeof code);
    ::_exit(written == static_cast<ssize_t>(sizeof code) ? 0 : 1);
  }
  ::close(channel[1]);
  int code = 0;
  const auto got = ::read(channel[0], &code, sizeof code);
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  if (got != static_cast<ssize_t>(sizeof code))
    throw std::runtime_error("a command ended without its code");
  return code;
}

std::string Vm::snapshot() const { return machine::simulated::snapshot(*home()); }
json Vm::snapshot_json() const { return json::parse(snapshot()); }

void Vm::set(const std::string& object, const std::vector<std::string>& settings) const {
  machine::simulated::set_behaviour(*home(), object, settings);
}

void Vm::reboot() const { machine::simulated::reboot(*home()); }

void Vm::power_cut(std::uint64_t seed) const {
  machine::simulated::reboot(*home(), {.power_cut = true, .seed = seed});
}

std::int64_t Vm::clock_ms() const {
  return machine()->system().utc_ms();
}

fs::path Vm::drive(const std::string& path) const {
  if (memory_) throw std::logic_error("a VM in memory has no " + path + " on the host");
  return folder_ / "C" / path;
}

fs::path Vm::journal_path() const {
  const auto vm = home();
  const auto place = vm->drive().find(R"(C:\ProgramData\EbpfForWindows\journal.db)");
  return vm->drive().tree().native_path(place.host);
}

std::vector<journal::Transaction> Vm::transactions() const {
  if (!fs::exists(journal_path())) return {};
  journal::Reader reader(journal_path().string());
  return reader.transactions();
}

std::optional<journal::Transaction> Vm::last_transaction() const {
  auto all = transactions();
  if (all.empty()) return std::nullopt;
  return all.back();
}

std::vector<journal::Step> Vm::steps(std::int64_t transaction_id) const {
  journal::Reader reader(journal_path().string());
  return reader.steps(transaction_id);
}

std::string Vm::journal_text() const {
  if (!fs::exists(journal_path())) return "no journal\n";
  journal::Reader reader(journal_path().string());
  std::string text = engine::list_text(reader);
  const auto all = reader.transactions();
  if (!all.empty()) text += engine::show_text(reader, all.back().id);
  return text;
}

}  // namespace lab
