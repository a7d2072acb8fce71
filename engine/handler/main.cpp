#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/call_observer.h"
#include "actions/machine/environment_observer.h"
#include "actions/machine/files.h"
#include "actions/machine/machine.h"
#include "actions/machine/system.h"
#include "actions/machine/this_process.h"
#include "engine/commands/commands.h"
#include "engine/handler/doctor_command.h"
#include "engine/handler/journal_commands.h"
#include "engine/handler/plan_command.h"
#include "engine/handler/run.h"
#include "engine/planning/plan_text.h"
#include "engine/product/places.h"
#include "engine/reports/answer.h"
#include "engine/reports/printed.h"
#include "engine/transaction/session.h"
#include "errors/failure.h"
#include "journal/lock.h"
#include "journal/path.h"
#include "journal/reader.h"
#include "package/payload_manifest.h"
#include "package/version.h"
#include "text/visible.h"

namespace {

using engine::commands::Command;
using errors::ExitCode;
using errors::Failure;

using machine::environment_variable;

// The version in the package's payload.json; where that cannot be read, the VM Agent's variable,
// else the name of the package's folder, else this build's.
std::string handler_version(const std::string& package_root) {
  std::ifstream payload(journal::to_path(package_root + "/payload.json"));
  const std::string text{std::istreambuf_iterator<char>(payload), {}};
  if (const auto version = package::handler_version_in(text)) return package::to_text(*version);
  if (const auto told = environment_variable("AZURE_GUEST_AGENT_EXTENSION_VERSION")) return *told;
  const auto version = package::version_of_folder(package_root);
  return version ? package::to_text(*version) : EBPF_HANDLER_VERSION;
}

engine::handler::Request request_of(Command command) {
  engine::handler::Request request;
  request.command = command;
  request.package_root = machine::executable_folder();
  request.program = machine::executable_path();
  request.sequence_variable = environment_variable("ConfigSequenceNumber");
  request.version_variable = environment_variable("VERSION");
  request.handler_version = handler_version(request.package_root);
  request.process_id = machine::process_id();
  request.lock_patience =
      std::chrono::milliseconds(engine::commands::row(command).lock_patience_ms);
  return request;
}

struct Options {
  bool json = false;
  bool abandoned = false;
  std::string log;
  std::string source;
  std::vector<std::string> planned;
};

// The machine of this build, with a call observer if the environment asks for one.
struct OpenMachine {
  std::unique_ptr<machine::Machine> inner = machine::open_machine();
  std::unique_ptr<machine::CallObserver> observer = machine::observer_from_environment();
  std::unique_ptr<machine::Machine> observed =
      observer ? machine::observe(*inner, *observer) : nullptr;
  machine::Machine& machine() { return observed ? *observed : *inner; }
};

// The caller's current folder is not that of a later process: paths are made absolute.
std::string absolute(const std::string& path) {
  std::filesystem::path whole =
      std::filesystem::absolute(journal::to_path(path)).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // "folder/"
  return journal::to_utf8(whole);
}

void add_setup(const Options& options, engine::handler::Request& request) {
  request.log_folder = absolute(options.log);
  request.is_elevated = machine::is_elevated();
  if (options.source.empty()) return;
  request.package_root = absolute(options.source);
  request.handler_version = handler_version(request.package_root);
}

ExitCode run_command(Command command, const Options& options) {
  const bool json = options.json;
  OpenMachine open;
  engine::handler::Request request = request_of(command);
  request.abandoned = options.abandoned;
  if (engine::commands::is_setup(command)) add_setup(options, request);
  if (open.observer) {
    request.on_commit = [&open](journal::CommitPhase phase) {
      const machine::Call call{"journal.commit", "journal.db"};
      phase == journal::CommitPhase::kBefore ? open.observer->before(call)
                                             : open.observer->after(call);
    };
  }
  const engine::reports::Reply reply = engine::handler::run(open.machine(), request);
  if (json) {
    std::cout << text::visible(engine::reports::printed(reply.json));
  } else {
    std::ostream& out = reply.code == ExitCode::kSuccess ? std::cout : std::cerr;
    for (const std::string& line : reply.lines)
      out << text::visible(line) << "\n";
  }
  return reply.code;
}

ExitCode show_plan(const std::vector<std::string>& words, bool json) {
  std::string name;
  for (const std::string& word : words)
    name += (name.empty() ? "" : " ") + word;
  const auto command = engine::commands::command_from(name);
  if (!command) throw Failure(ExitCode::kUsage, name, "plan " + name + ": no such command");
  OpenMachine open;
  const engine::planning::PlanText plan =
      engine::handler::show_plan(open.machine(), request_of(*command));
  if (json) {
    std::cout << text::visible(engine::reports::printed(plan.json));
  } else {
    std::cout << text::visible(plan.text);
  }
  return ExitCode::kSuccess;
}

ExitCode show_doctor(bool json) {
  OpenMachine open;
  engine::handler::Request request = request_of(Command::kRecover);
  request.is_elevated = machine::is_elevated();
  const engine::support::Checkup checkup = engine::handler::doctor(open.machine(), request);
  std::cout << text::visible(json ? engine::reports::printed(checkup_json(checkup))
                                  : checkup_text(checkup));
  return checkup.is_well() ? ExitCode::kSuccess : ExitCode::kNotWell;
}

bool is_journal_there() {
  OpenMachine open;
  return open.machine().files().stat(engine::product::journal_path(open.machine())).has_value();
}

// This machine's journal, a native path. Throws kJournalUnusable where there is none.
std::string journal_of_machine() {
  OpenMachine open;
  machine::Files& files = open.machine().files();
  const std::string lives = engine::product::journal_path(open.machine());
  if (!files.stat(lives)) {
    throw Failure(ExitCode::kJournalUnusable, lives, "read the journal: there is no " + lives)
        .advise("No command has run here yet; the first one makes it.");
  }
  return files.native_path(lives);
}

bool is_command_at_work() {
  const std::filesystem::path lock = journal::to_path(journal_of_machine()).parent_path() /
                                     engine::transaction::Session::kLockFile;
  return std::filesystem::exists(lock) && journal::Lock::holder(journal::to_utf8(lock)).has_value();
}

engine::handler::JournalSource journal_source() {
  using journal::Reader;
  return {[](const std::string& path, Reader::Use use) {
            return path.empty() ? Reader(journal_of_machine(), Reader::Place::kWhereItLives, use)
                                : Reader(path);
          },
          journal_of_machine, is_journal_there, is_command_at_work,
          [] { return OpenMachine().machine().system().utc_ms(); }};
}

// A Linux process returns one byte: the environment may name a file for the whole code.
void write_whole_code(ExitCode code) {
  const auto path = environment_variable("EBPF_HANDLER_EXIT_CODE_FILE");
  if (path) std::ofstream(journal::to_path(*path)) << static_cast<int>(code) << "\n";
}

// Adds a subcommand for each row of the table; those of `setup` below that, which is returned.
CLI::App* add_commands(CLI::App& app, Options& options) {
  auto* setup = app.add_subcommand(
      "setup", "install, update or remove eBPF without the VM Agent; run as administrator");
  setup->require_subcommand(1);
  for (const engine::commands::CommandRow& row : engine::commands::commands()) {
    const bool of_setup = engine::commands::is_setup(row.command);
    const std::string name(of_setup ? row.name.substr(engine::commands::kSetup.size()) : row.name);
    auto* command = (of_setup ? setup : &app)->add_subcommand(name, std::string(row.help));
    command->add_flag("--json", options.json, "print the result as JSON");
    if (row.command == Command::kRecover) {
      command->add_flag("--abandoned", options.abandoned,
                        "undo also an update that nobody goes on with");
    }
    if (!of_setup) continue;
    command->add_option("--log", options.log, "the folder for ebpf_handler.log")->required();
    command->add_option("--source", options.source,
                        "the folder with payload.json and bin; default: the program's");
  }
  return setup;
}

int finish(ExitCode code) {
  write_whole_code(code);
  return errors::process_exit_status(code);
}

}  // namespace

int main(int argc, char** argv) {
  machine::harden_process();
  const std::vector<std::string> arguments = machine::arguments(argc, argv);
  std::vector<const char*> words;
  words.reserve(arguments.size());
  for (const std::string& argument : arguments)
    words.push_back(argument.c_str());
  CLI::App app{
      "Installs, updates and removes eBPF for Windows as transactions that can be undone.\n"
      "The VM Agent calls install, enable, disable, update, uninstall and reset."};
  app.set_version_flag("--version", EBPF_HANDLER_VERSION);
  app.require_subcommand(1);
  Options options;
  auto* setup = add_commands(app, options);
  auto* plan = app.add_subcommand(
      "plan", "show what a command would do, and how each step is undone; changes nothing");
  plan->add_option("command", options.planned,
                   "install, enable, disable, update, uninstall, or setup and one of its commands")
      ->required()
      ->expected(1, 2);
  plan->add_flag("--json", options.json, "print the plan as JSON");
  auto* doctor = app.add_subcommand(
      "doctor",
      "compare the machine with the journal: a finding for each thing, and what to do; changes\n"
      "nothing; run as administrator; exit code 0 if all is well, else 1113");
  doctor->add_flag("--json", options.json, "print the findings as JSON");
  std::function<ExitCode()> read_journal;
  engine::handler::add_journal_commands(app, journal_source(), read_journal);

  try {
    app.parse(static_cast<int>(words.size()), words.data());
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : finish(ExitCode::kUsage);
  }
  try {
    if (plan->parsed()) return finish(show_plan(options.planned, options.json));
    if (doctor->parsed()) return finish(show_doctor(options.json));
    if (read_journal) return finish(read_journal());
    std::string name = app.get_subcommands().front()->get_name();
    if (setup->parsed()) name += " " + setup->get_subcommands().front()->get_name();
    return finish(run_command(*engine::commands::command_from(name), options));
  } catch (const std::exception& exception) {
    const Failure failure = errors::as_failure(exception);
    std::cerr << text::visible(failure.message() + ".\nWhat to do: " + failure.advice()) << "\n";
    return finish(failure.code());
  }
}
