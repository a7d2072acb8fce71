#include "tests/lab/lab.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "actions/machine/fault_observer.h"
#include "actions/machine/simulated/disk/posix_host_files.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/simulated/vm_folder.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/support/journal_text.h"
#include "errors/exit_code.h"
#include "journal/reader.h"
#include "package/handler_manifest.h"
#include "package/payload_manifest.h"
#include "package/release/builder.h"
#include "tests/lab/camera.h"
#include "tests/lab/status_check.h"
#include "tests/lab/support_check.h"
#include "tests/lab/user_check.h"

namespace lab {

namespace fs = std::filesystem;
using machine::simulated::MemoryVm;
using machine::simulated::SimulatedMachine;
using nlohmann::json;

Package::Package(const fs::path& folder, const std::string& payload)
    : folder_(folder), version_(payload) {
  machine::simulated::disk::PosixHostFiles host;
  const std::string root =
      package::release::find_payload_root(host, std::string(EBPF_TEST_PAYLOADS) + "/" + payload);
  for (const char* name : {"package", "log", "config", "status", "events"})
    fs::create_directories(folder_ / name);
  fs::copy(root, folder_ / "package" / "bin", fs::copy_options::recursive);
  write_file(folder_ / "handler", "the handler's program");
  write_file(file("payload.json"),
             package::to_json(package::release::list_payload(host, file("bin").string())));
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

void put_beside(const Package& package, const std::string& handler_version) {
  const auto version = package::parse_handler_version(handler_version);
  if (!version) return;
  const fs::path folder = fs::path(package.root()).parent_path() / handler_version;
  const fs::path manifest = folder / std::string(package::kHandlerManifestName);
  if (fs::exists(manifest)) return;
  fs::create_directories(folder);
  write_file(manifest, package::handler_manifest());
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

Vm Vm::as_folder(const fs::path& folder) const {
  using machine::simulated::disk::Place;
  fs::remove_all(folder);
  fs::create_directories(folder / "C");
  machine::simulated::disk::FolderTree tree;
  const auto from = home();
  const machine::simulated::disk::Tree& source = from->drive().tree();
  const std::string root = (folder / "C").string();
  const auto copy = [&](const std::string& path, const std::string& to) {
    tree.write(to, source.read(path));
    tree.take_id(source.file_id(path), to);
    if (source.look(path)->readonly) tree.set_readonly(to, true);
  };
  from->drive().walk([&](const Place& place) {
    const std::string to = root + place.host.substr(from->drive().root().size());
    if (place.is_folder()) {
      tree.make_folder(to);
      tree.take_id(source.file_id(place.host), to);
    } else if (place.is_link()) {
      tree.make_link(to, source.link_target(place.host));
    } else {
      copy(place.host, to);
    }
  });
  for (const std::string& id : source.names("/graveyard")) {
    tree.make_folder((folder / "graveyard").string());
    copy("/graveyard/" + id, (folder / "graveyard" / id).string());
  }
  machine::simulated::disk::EffectFile((folder / "unsynced.log").string())
      .replace(*memory_->value().effects);
  machine::simulated::MachineState state = memory_->value().state->state();
  state.drive_identity = tree.identity(root);
  machine::simulated::write_state(folder.string(), state);
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

std::vector<machine::simulated::disk::Effect> Vm::effects() const {
  if (memory_) return *memory_->value().effects;
  return machine::simulated::disk::EffectFile((folder_ / "unsynced.log").string()).read();
}

std::vector<std::string> Vm::graves() const {
  const auto vm = home();
  return vm->drive().tree().names(memory_ ? "/graveyard" : (folder_ / "graveyard").string());
}

void Vm::put(const std::string& path, const std::string& content) const {
  const auto vm = home();
  vm->drive().tree().write(vm->drive().find(path).host, content);
}

void Vm::remove(const std::string& path) const {
  const auto vm = home();
  vm->drive().tree().remove(vm->drive().find(path).host);
}

std::function<void(journal::CommitPhase)> commit_hook(machine::CallObserver* observer) {
  if (observer == nullptr) return {};
  return [observer](journal::CommitPhase phase) {
    const machine::Call call{"journal.commit", "journal.db"};
    phase == journal::CommitPhase::kBefore ? observer->before(call) : observer->after(call);
  };
}

namespace {

// What the VM Agent reports of a command must not contradict itself, in no test.
void check_status(const std::string& package_root) {
  const fs::path folder = fs::path(package_root).parent_path() / "status";
  std::error_code gone;
  for (const auto& file : fs::directory_iterator(folder, gone)) {
    if (file.path().extension() != ".status" || !file.is_regular_file()) continue;
    const std::string contradiction = contradiction_in(read_file(file.path()));
    if (!contradiction.empty()) ADD_FAILURE() << file.path() << ": " << contradiction;
  }
}

// What support collects is bounded behind every command, in every test.
void check_copies(const std::string& package_root, bool read) {
  const std::string wrong = wrong_with_copies(fs::path(package_root).parent_path() / "log", read);
  if (!wrong.empty()) ADD_FAILURE() << wrong;
}

}  // namespace

engine::handler::Reply Vm::run(engine::commands::Command command, const Package& package,
                               machine::CallObserver* observer,
                               const std::optional<std::string>& sequence) const {
  engine::handler::Request request = Vm::request(command, package);
  request.sequence_variable = sequence;
  return run(std::move(request), observer);
}

engine::handler::Reply Vm::run(engine::handler::Request request,
                               machine::CallObserver* observer) const {
  const auto inner = machine();
  const std::unique_ptr<machine::Machine> observed =
      observer == nullptr ? nullptr : machine::observe(*inner, *observer);
  if (observer != nullptr) request.on_commit = commit_hook(observer);
  // A VM in memory is of the matrices and the worlds, which judge for themselves.
  const bool judged = observer == nullptr && !memory_ && is_user_asked();
  world::Sight before;
  if (judged) before = world::look(*home());
  engine::handler::Reply reply = engine::handler::run(observed ? *observed : *inner, request);
  check_status(request.package_root);
  check_copies(request.package_root, judged);
  if (judged) check_as_a_user(before, world::look(*home()), request, reply);
  return reply;
}

engine::handler::Request Vm::request(engine::commands::Command command, const Package& package) {
  engine::handler::Request request;
  request.command = command;
  request.package_root = package.root();
  request.program = package.program();
  request.sequence_variable = "0";
  request.handler_version = package.version() + ".1";
  request.process_id = 1000;
  request.lock_patience = std::chrono::milliseconds(0);
  if (engine::commands::is_setup(command)) request.log_folder = package.folder("log").string();
  return request;
}

engine::handler::Reply Vm::run_as(const std::string& handler_version,
                                  engine::commands::Command command, const Package& package) const {
  engine::handler::Request call = request(command, package);
  call.handler_version = handler_version;
  return run(call);
}

engine::handler::Reply Vm::run_update_to(const std::string& version, const Package& package,
                                         const std::string& sequence) const {
  put_beside(package, version);
  engine::handler::Request call = request(engine::commands::Command::kUpdate, package);
  call.sequence_variable = sequence;
  call.version_variable = version;
  return run(call);
}

engine::handler::Reply Vm::recover_abandoned() const {
  engine::handler::Request call;
  call.command = engine::commands::Command::kRecover;
  call.abandoned = true;
  call.lock_patience = std::chrono::milliseconds(0);
  return run(call);
}

bool Vm::run_killed(engine::commands::Command command, const Package& package,
                    const std::string& at) const {
  if (!memory_) {
    machine::FaultObserver observer(machine::fault_from(at));
    return run_in_child(command, package, &observer) == -SIGKILL;
  }
  Camera camera(*memory_, package.written_folders());
  std::optional<Photograph> photograph;
  machine::FaultObserver observer(machine::fault_from(at), 1, [&] { photograph = camera.take(); });
  run(command, package, &observer);
  if (photograph) camera.restore(*photograph);
  return photograph.has_value();
}

int Vm::run_in_child(const engine::handler::Request& request,
                     machine::CallObserver* observer) const {
  if (memory_) throw std::logic_error("what a child does to a VM in memory is lost with it");
  int channel[2];
  if (::pipe(channel) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const int code = static_cast<int>(run(request, observer).code);
    const auto written = ::write(channel[1], &code, sizeof code);
    ::_exit(written == static_cast<ssize_t>(sizeof code) ? 0 : 1);
  }
  ::close(channel[1]);
  int code = 0;
  const auto got = ::read(channel[0], &code, sizeof code);
  ::close(channel[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  check_status(request.package_root);  // what the child said of it is lost
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  if (got != static_cast<ssize_t>(sizeof code))
    throw std::runtime_error("a command ended without its code");
  return code;
}

std::string Vm::snapshot() const { return machine::simulated::snapshot(*home()); }
json Vm::snapshot_json() const { return machine::simulated::snapshot_json(*home()); }

void Vm::set(const std::string& object, const std::vector<std::string>& settings) const {
  machine::simulated::set_behaviour(*home(), object, settings);
}

void Vm::reboot() const { machine::simulated::reboot(*home()); }

void Vm::power_cut(std::uint64_t seed) const {
  machine::simulated::reboot(*home(), {.power_cut = true, .seed = seed});
}

void Vm::become_clone() const {
  const auto vm = home();
  machine::simulated::Access access(*vm);
  access.state().machine_id = "another-machine";
  access.changed();
}

std::int64_t Vm::clock_ms() const { return machine()->system().utc_ms(); }

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
  if (!fs::exists(journal_path())) return std::nullopt;
  journal::Reader reader(journal_path().string());
  return reader.newest_transaction();
}

std::vector<journal::Step> Vm::steps(std::int64_t transaction_id) const {
  journal::Reader reader(journal_path().string());
  return reader.steps(transaction_id);
}

std::string Vm::journal_text() const {
  if (!fs::exists(journal_path())) return "no journal\n";
  journal::Reader reader(journal_path().string());
  std::string text = engine::support::list_text(reader);
  const auto all = reader.transactions();
  if (!all.empty()) text += engine::support::show_text(reader, all.back().id);
  return text;
}

}  // namespace lab
