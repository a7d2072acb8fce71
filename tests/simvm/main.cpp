#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "actions/machine/simulated/vm.h"
#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"
#include "tests/simvm/played.h"
#include "tests/simvm/scheduler.h"
#include "tests/simvm/show.h"
#include "tests/simvm/vm_agent.h"
#include "tests/world/msi_product.h"
#include "tests/world/other_ebpf.h"
#include "tests/world/world.h"

namespace {

namespace simulated = machine::simulated;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// What the command line says; one of the sub-commands fills in `run`.
struct CommandLine {
  std::string vm;
  simulated::VmOptions create{.gpa_depends = true};
  std::vector<std::string> worlds;
  std::string moment = "installed";
  std::string object;
  std::vector<std::string> settings;
  simulated::Reboot reboot;
  std::int64_t minutes = 0;
  simvm::VmAgentOptions vm_agent;
  std::string settings_file;
  std::string zip;
  std::string payload;
  std::string out;
  std::string version;
  bool with_install = false;
  std::string host_file;
  std::function<bool()> run;  // false: a command failed
};

// Throws kUsage, with the list, if one of them is unknown.
std::vector<const world::World*> worlds_of(const std::vector<std::string>& names) {
  std::vector<const world::World*> worlds;
  for (const std::string& name : names) {
    worlds.push_back(world::find(name));
    if (worlds.back() == nullptr) {
      throw errors::Failure(errors::ExitCode::kUsage, name, "find the world " + name)
          .advise("There are:\n" + world::list_text());
    }
  }
  return worlds;
}

bool create_vm(const CommandLine& line) {
  const auto worlds = worlds_of(line.worlds);
  simulated::create_vm(line.vm, world::options_of(worlds, line.create));
  simulated::VmFolder vm(line.vm);
  world::apply(vm, worlds, world::Moment::kCreated);
  return true;
}

bool change_world(const CommandLine& line) {
  const auto worlds = worlds_of(line.worlds);
  simulated::VmFolder vm(line.vm);
  world::apply(vm, worlds, *world::moment_from(line.moment));
  return true;
}

CLI::App* add(CLI::App& app, CommandLine& line, const std::string& name, const std::string& what) {
  CLI::App* command = app.add_subcommand(name, what);
  command->add_option("VM", line.vm, "folder of the VM")->required();
  return command;
}

void add_machine_commands(CLI::App& app, CommandLine& line) {
  static const std::map<std::string, simulated::Gpa> kGpa{{"running", simulated::Gpa::kRunning},
                                                          {"stopped", simulated::Gpa::kStopped},
                                                          {"disabled", simulated::Gpa::kDisabled},
                                                          {"absent", simulated::Gpa::kAbsent}};
  CLI::App* create = add(app, line, "create", "make a VM");
  create->add_option("--os-build", line.create.os_build, "20348 unless told")
      ->check(CLI::PositiveNumber);
  create->add_option("--gpa", line.create.gpa, "GuestProxyAgent: running unless told")
      ->transform(CLI::CheckedTransformer(kGpa));
  create->add_option("--architecture", line.create.architecture, "x64 unless told")
      ->check(CLI::IsMember({"x64", "arm64"}));
  create->add_flag("--gpa-depends,!--no-gpa-depends", line.create.gpa_depends,
                   "GuestProxyAgent depends on the drivers: it does unless told");
  create->add_option("--world", line.worlds, "as the field has it; see `simvm worlds`");
  create->callback([&line] { line.run = [&line] { return create_vm(line); }; });

  CLI::App* show = add(app, line, "show", "the VM for people");
  show->callback([&line] { line.run = [&line] { return simvm::show(line.vm, std::cout), true; }; });

  CLI::App* snapshot = add(app, line, "snapshot", "the machine as canonical JSON");
  snapshot->callback(
      [&line] { line.run = [&line] { return std::cout << simulated::snapshot(line.vm), true; }; });

  CLI::App* set = add(app, line, "set", "arm a behaviour");
  set->add_option("OBJECT", line.object, "service:NAME, path:P, disk, tasks or administrators")
      ->required();
  set->add_option(
         "KEY=VALUE", line.settings,
         "service: start-fails=CODE start-hangs start-takes=S crashes-after=S ignores-stop "
         "stop-hangs held-open unhealthy status-file=written|stale|absent|garbage process-id=N "
         "only-version=X.Y.Z depends=A,B; path: owner=users|NAME "
         "readonly=1|0 fails=CODE exits=CODE hangs; "
         "disk: full-at=BYTES; tasks: fails=CODE; administrators: members=A,B; each: clear")
      ->required();
  set->callback([&line] {
    line.run = [&line] {
      return simulated::set_behaviour(line.vm, line.object, line.settings), true;
    };
  });

  CLI::App* reboot = add(app, line, "reboot", "restart the VM; then boot tasks run");
  CLI::Option* power_cut =
      reboot->add_flag("--power-cut", line.reboot.power_cut, "lose what was not made durable");
  reboot
      ->add_option("--seed", line.reboot.seed,
                   "0: all of it is lost (unless told), 1: nothing, else a part")
      ->needs(power_cut);
  reboot->callback([&line] {
    line.run = [&line] {
      simulated::reboot(line.vm, line.reboot);
      return simvm::Scheduler(line.vm).run_boot_tasks();
    };
  });

  CLI::App* wait = add(app, line, "wait", "let virtual time pass; scheduled tasks run when due");
  wait->add_option("MINUTES", line.minutes)->required()->check(CLI::Range(1, 1'000'000));
  wait->callback([&line] {
    line.run = [&line] { return simvm::Scheduler(line.vm).wait(line.minutes * 60'000); };
  });
}

void add_worlds(CLI::App& app, CommandLine& line) {
  app.add_subcommand("worlds", "the worlds, with a sentence each")->callback([&line] {
    line.run = [] { return std::cout << world::list_text(), true; };
  });
  CLI::App* change = add(app, line, "world", "change the VM as a world has it at a moment");
  change->add_option("NAME", line.worlds, "see `simvm worlds`")->required();
  change
      ->add_option("--at", line.moment,
                   "created, installed (unless told), disabled (behind a disable), cleared")
      ->check(CLI::IsMember({"created", "installed", "disabled", "cleared"}));
  change->callback([&line] { line.run = [&line] { return change_world(line); }; });
}

void add_person(CLI::App& app, CommandLine& line) {
  CLI::App* person = add(app, line, "person", "a person with sc and a file manager");
  person->require_subcommand(1);
  const auto act = [&](const std::string& action, const std::string& what) {
    CLI::App* command = person->add_subcommand(action, what);
    command->add_option("OBJECT", line.object, "a service's name, or a path C:\\...")->required();
    command->callback([&line, action] {
      line.run = [&line, action] {
        return simvm::act_as_person(line.vm, action, line.object, line.host_file);
      };
    });
    return command;
  };
  act("stop-service", "sc stop");
  act("start-service", "sc start");
  act("delete-service", "sc delete");
  act("delete-file", "delete a file");
  act("replace-file", "put another file in its place")
      ->add_option("FILE", line.host_file, "a file of the host")
      ->required()
      ->check(CLI::ExistingFile);
}

void add_others(CLI::App& app, CommandLine& line) {
  CLI::App* setup =
      add(app, line, "gpa-setup", "GuestProxyAgent's setup installs or updates eBPF, too");
  CLI::App* provision =
      add(app, line, "provision", "the provisioning agent does the same at the first boot");
  for (CLI::App* command : {setup, provision})
    command->add_option("PAYLOAD", line.payload, "the eBPF that it carries")
        ->required()
        ->check(CLI::ExistingDirectory);
  setup->callback(
      [&line] { line.run = [&line] { return simvm::run_gpa_setup(line.vm, line.payload); }; });
  provision->callback([&line] {
    line.run = [&line] {
      simulated::reboot(line.vm, {});
      const bool booted = simvm::Scheduler(line.vm).run_boot_tasks();
      return simvm::run_gpa_setup(line.vm, line.payload) && booted;
    };
  });
  add_person(app, line);

  CLI::App* played =
      add(app, line, "powershell", "the PowerShell handler runs one command, from its package");
  played->add_option("COMMAND", line.object, "install, enable, disable, update, uninstall, reset")
      ->required();
  played->add_option("FOLDER", line.payload, "its extracted package")
      ->required()
      ->check(CLI::ExistingDirectory);
  played->add_option("--seq", line.vm_agent.sequence, "of the status file");
  played->callback([&line] {
    line.run = [&line] {
      return simvm::play(line.vm, line.payload, line.object, line.vm_agent.sequence.value_or(0))
                 .number == 0;
    };
  });

  CLI::App* package = app.add_subcommand(
      "powershell-package", "make a package of the PowerShell handler, a folder for `agent`");
  package->add_option("PAYLOAD", line.payload, "the eBPF in it")
      ->required()
      ->check(CLI::ExistingDirectory);
  package->add_option("--out", line.out, "where the folder is made")->required();
  package->add_option("--version", line.version, "of the handler: X.Y.Z.P")->required();
  package->add_flag("--with-install", line.with_install,
                    "its manifest says UpdateWithInstall, not UpdateWithoutInstall");
  package->callback([&line] {
    line.run = [&line] {
      return simvm::make_powershell_package(line.payload, line.out, line.version,
                                            line.with_install),
             true;
    };
  });
}

using MsiAction = void (*)(simulated::VmHome&, const world::OtherEbpf&);

bool run_msi(const CommandLine& line, MsiAction action) {
  simulated::VmFolder vm(line.vm);
  action(vm, world::other_ebpf_in(line.payload, line.version));
  return true;
}

void add_msi(CLI::App& app, CommandLine& line) {
  static const std::map<std::string, MsiAction> kActions{{"install", world::msi_install},
                                                         {"repair", world::msi_repair},
                                                         {"uninstall", world::msi_uninstall}};
  CLI::App* msi = add(app, line, "msi", "let Windows Installer act with an MSI of eBPF");
  msi->require_subcommand(1);
  msi->fallthrough();
  for (const auto& [name, action] : kActions) {
    CLI::App* command = msi->add_subcommand(name, "of the payload in a folder");
    command->add_option("PAYLOAD", line.payload, "folder of a payload")
        ->required()
        ->check(CLI::ExistingDirectory);
    command->add_option("VERSION", line.version, "of the product: X.Y.Z")->required();
    command->callback(
        [&line, act = action] { line.run = [&line, act] { return run_msi(line, act); }; });
  }
}

void read_settings(CommandLine& line) {
  if (line.settings_file.empty()) return;
  std::ifstream in(line.settings_file, std::ios::binary);
  line.vm_agent.settings.emplace(std::istreambuf_iterator<char>(in),
                                 std::istreambuf_iterator<char>());
}

void add_vm_agent(CLI::App& app, CommandLine& line) {
  CLI::App* vm_agent = add(app, line, "agent", "let the VM Agent call the handler");
  vm_agent->require_subcommand(1);
  vm_agent->fallthrough();
  vm_agent->add_option("--seq", line.vm_agent.sequence, "sequence number")
      ->check(CLI::NonNegativeNumber);
  vm_agent->add_option("--settings", line.settings_file, "content of the settings file")
      ->check(CLI::ExistingFile);
  vm_agent->add_option("--kill", line.vm_agent.kill, "COMMAND:CALL[:before|after]");

  CLI::App* install = vm_agent->add_subcommand("install", "install, enable");
  install->add_option("ZIP", line.zip, "a package, or a folder with what is in it")->required();
  install->callback([&line] {
    line.run = [&line] { return simvm::VmAgent(line.vm, line.vm_agent).install(line.zip); };
  });
  CLI::App* update = vm_agent->add_subcommand(
      "update", "disable, update, uninstall, install unless its manifest says without, enable");
  update->add_option("ZIP", line.zip, "a package, or a folder with what is in it")->required();
  update->callback([&line] {
    line.run = [&line] { return simvm::VmAgent(line.vm, line.vm_agent).update(line.zip); };
  });
  for (const std::string name : {"enable", "disable", "uninstall", "reset"}) {
    vm_agent->add_subcommand(name, "one command of the handler that is there")
        ->callback([&line, name] {
          line.run = [&line, name] { return simvm::VmAgent(line.vm, line.vm_agent).command(name); };
        });
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulated Azure VM with its VM Agent", "simvm");
  app.require_subcommand(1);
  CommandLine line;
  add_machine_commands(app, line);
  add_worlds(app, line);
  add_vm_agent(app, line);
  add_others(app, line);
  add_msi(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;  // --help is no error
  }
  try {
    read_settings(line);
    return line.run() ? 0 : kFailed;
  } catch (const errors::Failure& failure) {
    std::cerr << "simvm: " << failure.message() << ". " << failure.advice() << '\n';
    return failure.code() == errors::ExitCode::kUsage ? kUsage : kFailed;
  } catch (const std::exception& error) {
    std::cerr << "simvm: " << error.what() << '\n';
    return kFailed;
  }
}
