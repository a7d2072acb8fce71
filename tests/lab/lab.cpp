#include "tests/lab/lab.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actions/machine/simulated/posix_host_files.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/system.h"
#include "engine/journal_text.h"
#include "errors/exit_code.h"
#include "journal/reader.h"
#include "package/builder.h"
#include "package/payload_manifest.h"
#include "tests/lab/status_check.h"

namespace lab {

namespace fs = std::filesystem;
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

Vm Vm::create(const fs::path& folder, const machine::simulated::VmOptions& options) {
  machine::simulated::create_vm(folder.string(), options);
  return Vm(folder);
}

Vm Vm::copy_to(const fs::path& folder) const {
  fs::remove_all(folder);
  machine::simulated::copy_vm(folder_.string(), folder.string());
  return Vm(folder);
}

std::function<void(journal::CommitPhase)> commit_hook(machine::Tap* tap) {
  if (tap == nullptr) return {};
  return [tap](journal::CommitPhase phase) {
    const machine::Call call{"journal.commit", "journal.db"};
    phase == journal::CommitPhase::kBefore ? tap->before(call) : tap->after(call);
  };
}

namespace {

// What the agent reports of a command must not contradict itself, in no test.
void check_status(const std::string& package_root) {
  const fs::path folder = fs::path(package_root).parent_path() / "status";
  std::error_code gone;
  for (const auto& file : fs::directory_iterator(folder, gone)) {
    if (file.path().extension() != ".status" || !file.is_regular_file()) continue;
    const std::string contradiction = contradiction_in(read_file(file.path()));
    if (!contradiction.empty()) ADD_FAILURE() << file.path() << ": " << contradiction;
  }
}

}  // namespace

engine::Reply Vm::run(engine::Command command, const Package& package, machine::Tap* tap,
                      const std::optional<std::string>& sequence) const {
  machine::simulated::SimulatedMachine inner(folder_.string());
  std::unique_ptr<machine::Machine> tapped =
      tap == nullptr ? nullptr : machine::tap_machine(inner, *tap);
  engine::Request request = Vm::request(command, package);
  request.sequence_variable = sequence;
  request.on_commit = commit_hook(tap);
  engine::Reply reply = engine::run(tapped ? *tapped : inner, request);
  check_status(request.package_root);
  return reply;
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
  machine::simulated::SimulatedMachine machine(folder_.string());
  engine::Reply reply = engine::run(machine, request);
  check_status(request.package_root);
  return reply;
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

int Vm::run_in_child(engine::Command command, const Package& package, machine::Tap* tap) const {
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
  check_status(package.root());  // what the child said of it is lost
  if (WIFSIGNALED(status)) return -WTERMSIG(status);
  if (got != static_cast<ssize_t>(sizeof code))
    throw std::runtime_error("a command ended without its code");
  return code;
}

std::string Vm::snapshot() const { return machine::simulated::snapshot(folder_.string()); }
json Vm::snapshot_json() const { return json::parse(snapshot()); }

void Vm::set(const std::string& object, const std::vector<std::string>& settings) const {
  machine::simulated::set_behaviour(folder_.string(), object, settings);
}

void Vm::reboot() const { machine::simulated::reboot(folder_.string()); }

void Vm::power_cut(std::uint64_t seed) const {
  machine::simulated::reboot(folder_.string(), {.power_cut = true, .seed = seed});
}

std::int64_t Vm::clock_ms() const {
  return machine::simulated::SimulatedMachine(folder_.string()).system().utc_ms();
}

fs::path Vm::drive(const std::string& path) const { return folder_ / "C" / path; }

fs::path Vm::journal_path() const { return drive("ProgramData/EbpfForWindows/journal.db"); }

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
