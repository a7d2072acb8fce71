// simvm from outside, with a handler that is a shell script: it writes down how it was called and
// ends as it is told.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "actions/machine/files.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/tasks.h"
#include "json/json.h"
#include "tests/lab/temporary_folder.h"
#include "tests/machine/zip_file.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

constexpr const char* kName = "Microsoft.EbpfForWindows.EbpfForWindows";
constexpr const char* kHandler = R"sh(#!/bin/sh
# The first argument is the command; ../<command>.end says how to end.
env | sort > "../$1-$AZURE_GUEST_AGENT_EXTENSION_VERSION.environment"
echo "$1 $AZURE_GUEST_AGENT_EXTENSION_VERSION $(pwd)" >> ../calls
echo "says $1"
[ -f "../$1.end" ] || exit 0
read end < "../$1.end"
case $end in
  stop) kill -STOP $$ ;;
  abort) kill -ABRT $$ ;;
  *) echo "$end" > "$EBPF_HANDLER_EXIT_CODE_FILE"; exit 17 ;;
esac
)sh";

class Simvm : public testing::Test {
 protected:
  struct Result {
    int code = -1;
    std::string output;  // stdout and stderr
  };
  Result simvm(const std::string& arguments) {
    const fs::path output = temporary_.path() / "output";
    const std::string command = std::string("cd '") + temporary_.path().string() + "' && '" +
                                EBPF_TEST_BIN + "/simvm' " + arguments + " >output 2>&1";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, lab::read_file(output)};
  }
  void expect_ok(const std::string& arguments) {
    const Result result = simvm(arguments);
    EXPECT_EQ(result.code, 0) << arguments << '\n' << result.output;
  }
  std::string package(const std::string& version, json manifest_changes = json::object()) {
    json manifest = {{"installCommand", "ebpf-handler.exe install"},
                     {"enableCommand", "ebpf-handler.exe enable"},
                     {"disableCommand", "ebpf-handler.exe disable"},
                     {"updateCommand", "ebpf-handler.exe update"},
                     {"uninstallCommand", "ebpf-handler.exe uninstall"},
                     {"updateMode", "UpdateWithInstall"}};
    manifest.update(manifest_changes);
    const std::string name = std::string(kName) + "." + version + ".zip";
    write_zip((temporary_.path() / name).string(),
              {{"HandlerManifest.json", json::array({{{"handlerManifest", manifest}}}).dump()},
               {"ebpf-handler.exe", kHandler},
               {"bin/file", "x"}});
    return name;
  }
  void end_with(const std::string& command, const std::string& how) {
    fs::create_directories(agent());
    lab::write_file(agent() / (command + ".end"), how + "\n");
  }
  void end_well(const std::string& command) { fs::remove(agent() / (command + ".end")); }
  fs::path agent() const { return temporary_.path() / "vm" / "agent"; }
  fs::path base(const std::string& version) const {
    return agent() / (std::string(kName) + "-" + version);
  }
  // "install 1.0.0.0" … in order.
  std::vector<std::string> calls() {
    std::vector<std::string> names;
    if (!fs::exists(agent() / "calls")) return names;
    std::istringstream in(lab::read_file(agent() / "calls"));
    for (std::string name, version, folder; in >> name >> version >> folder;) {
      names.push_back(name + " " + version);
      EXPECT_EQ(folder, base(version).string());
    }
    fs::remove(agent() / "calls");
    return names;
  }
  std::string environment(const std::string& command, const std::string& version) {
    return lab::read_file(agent() / (command + "-" + version + ".environment"));
  }
  std::vector<std::string> names(std::initializer_list<std::string> list) { return list; }

  lab::TemporaryFolder temporary_;
};

TEST_F(Simvm, Bad_usage_exits_2_and_help_exits_0) {
  expect_ok("--help");
  expect_ok("create vm");
  for (const char* arguments :
       {"",
        "nonsense",
        "create",
        "create vm",
        "create other --gpa maybe",
        "create other --os-build x",
        "show missing",
        "snapshot missing",
        "set vm",
        "set vm disk",
        "set vm network clear",
        "set vm disk full-at=x",
        "reboot vm --seed 1",
        "reboot missing",
        "wait vm",
        "wait vm 0",
        "wait missing 1",
        "agent vm",
        "agent vm install",
        "agent vm install missing.zip",
        "agent vm enable",
        "agent vm uninstall",
        "agent vm update Microsoft.EbpfForWindows.EbpfForWindows.1.0.0.0.zip",
        "agent vm enable --settings missing",
        "agent vm --seq x enable"}) {
    const Result result = simvm(arguments);
    EXPECT_EQ(result.code, 2) << arguments << '\n' << result.output;
    EXPECT_FALSE(result.output.empty()) << arguments;
  }
}

TEST_F(Simvm, A_VM_is_created_shown_set_and_rebooted) {
  expect_ok("create vm --os-build 26100 --gpa stopped");
  EXPECT_THAT(simvm("show vm").output, HasSubstr("build 26100"));
  EXPECT_THAT(simvm("show vm").output, HasSubstr("GuestProxyAgent"));
  const Result snapshot = simvm("snapshot vm");
  EXPECT_EQ(snapshot.output, machine::simulated::snapshot((temporary_.path() / "vm").string()));
  expect_ok("set vm service:GuestProxyAgent start-fails=5");
  EXPECT_THAT(simvm("show vm").output, HasSubstr("start-fails"));
  expect_ok("reboot vm");
  expect_ok("reboot vm --power-cut --seed 3");
  EXPECT_THAT(simvm("show vm").output, HasSubstr("boot 3"));
}

TEST_F(Simvm, Install_runs_install_and_enable_as_the_VM_Agent_does) {
  expect_ok("create vm");
  const Result result = simvm("agent vm install " + package("1.0.0.0"));
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output,
            "install 1.0.0.0: ok\n    says install\nenable 1.0.0.0: ok\n    says enable\n");
  EXPECT_EQ(calls(), names({"install 1.0.0.0", "enable 1.0.0.0"}));
  const std::string variables = environment("enable", "1.0.0.0");
  for (const std::string text :
       {"ConfigSequenceNumber=0\n", "AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE=NOT_RUN\n",
        "AZURE_GUEST_AGENT_EXTENSION_VERSION=1.0.0.0\n", "EBPF_HANDLER_MACHINE=/"}) {
    EXPECT_THAT(variables, HasSubstr(text));
  }
  EXPECT_TRUE(fs::exists(base("1.0.0.0") / "config" / "0.settings"));
  const json environment_file =
      json::parse(lab::read_file(base("1.0.0.0") / "HandlerEnvironment.json"));
  EXPECT_EQ(environment_file[0]["handlerEnvironment"]["logFolder"],
            (agent() / "log" / kName).string());
  for (const char* folder : {"statusFolder", "configFolder", "eventsFolder", "logFolder"}) {
    EXPECT_TRUE(
        fs::is_directory(environment_file[0]["handlerEnvironment"][folder].get<std::string>()));
  }
  EXPECT_NE(fs::status(base("1.0.0.0") / "bin" / "file").permissions() & fs::perms::owner_exec,
            fs::perms::none);
}

TEST_F(Simvm, A_failing_command_ends_the_sequence_and_its_whole_code_is_told) {
  expect_ok("create vm");
  end_with("install", "1005");
  const Result result = simvm("agent vm install " + package("1.0.0.0"));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("install 1.0.0.0: failed, exit code 1005\n"));
  EXPECT_EQ(calls(), names({"install 1.0.0.0"}));
  end_with("install", "abort");
  EXPECT_THAT(simvm("agent vm install " + package("1.0.0.0")).output,
              HasSubstr("install 1.0.0.0: failed, signal 6\n"));
}

TEST_F(Simvm, A_process_that_stops_itself_is_killed_from_outside) {
  expect_ok("create vm");
  end_with("enable", "stop");
  const Result result =
      simvm("agent vm install " + package("1.0.0.0") + " --kill enable:services.start#2:after");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("enable 1.0.0.0: killed at services.start#2:after\n"));
  EXPECT_THAT(environment("enable", "1.0.0.0"),
              HasSubstr("EBPF_SIMULATED_STOP_AT=services.start#2:after\n"));
  EXPECT_THAT(environment("install", "1.0.0.0"), Not(HasSubstr("EBPF_SIMULATED_STOP_AT")));
  EXPECT_EQ(simvm("agent vm enable --kill enable").code, 2);
  EXPECT_EQ(simvm("agent vm enable --kill nonsense:1").code, 2);
}

TEST_F(Simvm, Single_commands_are_called_for_the_handler_that_is_there) {
  expect_ok("create vm");
  expect_ok("agent vm install " + package("1.0.0.0"));
  calls();
  expect_ok("agent vm disable");
  expect_ok("agent vm enable --seq 5");
  EXPECT_THAT(environment("enable", "1.0.0.0"), HasSubstr("ConfigSequenceNumber=5\n"));
  EXPECT_TRUE(fs::exists(base("1.0.0.0") / "config" / "5.settings"));
  expect_ok("agent vm reset");
  EXPECT_EQ(calls(), names({"disable 1.0.0.0", "enable 1.0.0.0", "reset 1.0.0.0"}));
  end_with("uninstall", "1017");
  EXPECT_EQ(simvm("agent vm uninstall").code, 1);
  EXPECT_TRUE(fs::exists(base("1.0.0.0")));
  end_well("uninstall");
  expect_ok("agent vm uninstall");
  EXPECT_FALSE(fs::exists(base("1.0.0.0")));
  EXPECT_TRUE(fs::exists(agent() / "log" / kName));
}

TEST_F(Simvm, Settings_come_from_the_given_file) {
  expect_ok("create vm");
  lab::write_file(temporary_.path() / "settings", "as given");
  expect_ok("agent vm install " + package("1.0.0.0") + " --settings settings --seq 7");
  EXPECT_EQ(lab::read_file(base("1.0.0.0") / "config" / "7.settings"), "as given");
}

TEST_F(Simvm, An_update_makes_the_VM_Agents_real_sequence_of_calls) {
  expect_ok("create vm");
  expect_ok("agent vm install " + package("1.0.0.0"));
  lab::write_file(base("1.0.0.0") / "status" / "0.status", "old status");
  calls();
  expect_ok("agent vm update " + package("1.1.0.0"));
  EXPECT_EQ(calls(), names({"disable 1.0.0.0", "update 1.1.0.0", "uninstall 1.0.0.0",
                            "install 1.1.0.0", "enable 1.1.0.0"}));
  const std::string update = environment("update", "1.1.0.0");
  EXPECT_THAT(update, HasSubstr("AZURE_GUEST_AGENT_DISABLE_CMD_EXIT_CODE=0\n"));
  EXPECT_THAT(update, HasSubstr("AZURE_GUEST_AGENT_UPDATING_FROM_VERSION=1.0.0.0\n"));
  EXPECT_THAT(update, HasSubstr("\nVERSION=1.1.0.0\n"));
  EXPECT_THAT(environment("install", "1.1.0.0"),
              HasSubstr("AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE=0\n"));
  EXPECT_THAT(environment("disable", "1.0.0.0"), HasSubstr("ConfigSequenceNumber=1\n"));
  EXPECT_FALSE(fs::exists(base("1.0.0.0")));
  EXPECT_EQ(lab::read_file(base("1.1.0.0") / "status" / "0.status"), "old status");
}

TEST_F(Simvm, A_downgrade_is_run_by_the_higher_version) {
  expect_ok("create vm");
  expect_ok("agent vm install " + package("1.10.0.0"));
  calls();
  expect_ok("agent vm update " + package("1.9.0.0"));
  EXPECT_EQ(calls(), names({"disable 1.10.0.0", "update 1.10.0.0", "uninstall 1.10.0.0",
                            "install 1.9.0.0", "enable 1.9.0.0"}));
  EXPECT_THAT(environment("update", "1.10.0.0"), HasSubstr("\nVERSION=1.9.0.0\n"));
}

TEST_F(Simvm, A_repeated_update_does_not_disable_again) {
  expect_ok("create vm");
  expect_ok("agent vm install " + package("1.0.0.0"));
  calls();
  end_with("update", "1101");
  EXPECT_EQ(simvm("agent vm update " + package("1.1.0.0")).code, 1);
  EXPECT_EQ(calls(), names({"disable 1.0.0.0", "update 1.1.0.0"}));
  end_well("update");
  expect_ok("agent vm update " + package("1.1.0.0"));
  EXPECT_EQ(calls(),
            names({"update 1.1.0.0", "uninstall 1.0.0.0", "install 1.1.0.0", "enable 1.1.0.0"}));
  EXPECT_THAT(environment("update", "1.1.0.0"),
              HasSubstr("AZURE_GUEST_AGENT_DISABLE_CMD_EXIT_CODE=None\n"));
}

TEST_F(Simvm, A_manifest_may_go_without_install_on_update) {
  expect_ok("create vm");
  expect_ok("agent vm install " + package("1.0.0.0"));
  calls();
  expect_ok("agent vm update " + package("1.1.0.0", {{"updateMode", "UpdateWithoutInstall"}}));
  EXPECT_EQ(calls(),
            names({"disable 1.0.0.0", "update 1.1.0.0", "uninstall 1.0.0.0", "enable 1.1.0.0"}));
}

TEST_F(Simvm, A_package_that_leads_out_of_its_folder_or_is_none_is_refused) {
  expect_ok("create vm");
  const std::string name = std::string(kName) + ".1.0.0.0.zip";
  write_zip((temporary_.path() / name).string(), {{"../outside", "x"}});
  EXPECT_EQ(simvm("agent vm install " + name).code, 1);
  EXPECT_FALSE(fs::exists(agent() / "outside"));
  lab::write_file(temporary_.path() / name, "no zip");
  EXPECT_EQ(simvm("agent vm install " + name).code, 1);
  lab::write_file(temporary_.path() / "Other.1.0.zip", "no zip");
  EXPECT_EQ(simvm("agent vm install Other.1.0.zip").code, 2);
}

// A task whose program is a shell script: it notes its arguments and its VM, and ends as told.
class SimvmTasks : public Simvm {
 protected:
  SimvmTasks() {
    expect_ok("create vm --gpa absent");
    lab::write_file(drive("Windows/Temp/tool.exe"), R"sh(#!/bin/sh
echo "$*" >> calls
[ "$EBPF_HANDLER_MACHINE" = "$(cd ../../.. && pwd)" ] || exit 3
echo "says $1"
[ ! -f end ] || exit 9
)sh");
  }
  fs::path drive(const std::string& path) const { return temporary_.path() / "vm" / "C" / path; }
  void put_task(const std::string& name, const std::string& triggers,
                const std::string& command = R"(C:\Windows\Temp\tool.exe)") {
    machine::simulated::SimulatedMachine vm((temporary_.path() / "vm").string());
    vm.tasks().put(name, "<Task><Triggers>" + triggers + "</Triggers><Actions><Exec><Command>" +
                             command + "</Command><Arguments>recover \"a &amp; b\" " + name +
                             "</Arguments></Exec></Actions></Task>");
  }
  void disable(const std::string& name) {
    machine::simulated::SimulatedMachine vm((temporary_.path() / "vm").string());
    vm.tasks().set_enabled(name, false);
  }
  std::string runs() {
    const fs::path file = drive("Windows/Temp/calls");
    const std::string text = fs::exists(file) ? lab::read_file(file) : "";
    fs::remove(file);
    return text;
  }

  static constexpr const char* kAtBoot = "<BootTrigger><Enabled>true</Enabled></BootTrigger>";
  static constexpr const char* kTimed =
      "<TimeTrigger><Repetition><Interval>PT30M</Interval></Repetition>"
      "<StartBoundary>2020-01-01T00:00:00</StartBoundary></TimeTrigger>";
};

TEST_F(SimvmTasks, Boot_tasks_that_are_enabled_run_after_a_reboot) {
  put_task("Boots", kAtBoot);
  put_task("Short", "<BootTrigger/>");
  put_task("Off", kAtBoot);
  disable("Off");
  put_task("Untriggered", "<BootTrigger><Enabled>false</Enabled></BootTrigger>");
  put_task("Timed", kTimed);
  const Result result = simvm("reboot vm");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.output, "task Boots: ok\n    says recover\ntask Short: ok\n    says recover\n");
  EXPECT_EQ(runs(), "recover a & b Boots\nrecover a & b Short\n");
  EXPECT_THAT(simvm("show vm").output, HasSubstr("task Off (disabled)"));
}

TEST_F(SimvmTasks, One_that_fails_is_told_with_its_code_and_the_next_one_runs) {
  put_task("A", kAtBoot);
  put_task("B", kAtBoot);
  lab::write_file(drive("Windows/Temp/end"), "");
  const Result result = simvm("reboot vm --power-cut --seed 1");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.output, HasSubstr("task A: failed, exit code 9\n"));
  EXPECT_THAT(result.output, HasSubstr("task B: failed, exit code 9\n"));
}

TEST_F(SimvmTasks, A_program_that_is_not_on_the_drive_is_named_and_not_run) {
  put_task("Shell", kAtBoot, "%comspec%");
  put_task("Missing", kAtBoot, R"(C:\Windows\missing.exe)");
  const Result result = simvm("reboot vm");
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("task Shell: not run, there is no %comspec% on the drive"));
  EXPECT_THAT(result.output, HasSubstr("task Missing: not run"));
}

TEST_F(SimvmTasks, The_startup_task_of_eBPF_starts_its_trace_session_at_each_boot) {
  put_task("eBpfTracingStartupTask", kAtBoot, "%comspec%");
  const fs::path script = drive("Program Files/ebpf-for-windows/ebpf_tracing.cmd");
  fs::create_directories(script.parent_path());
  lab::write_file(script, "rem");
  for (int boot = 0; boot < 2; ++boot)
    EXPECT_THAT(simvm("reboot vm").output, HasSubstr("the session that it starts is there"));
  EXPECT_THAT(simvm("snapshot vm").output, HasSubstr("\"ebpf_diag\""));
}

TEST_F(SimvmTasks, A_timed_task_runs_each_time_its_interval_has_elapsed) {
  put_task("Timed", kTimed);
  put_task("Boots", kAtBoot);
  expect_ok("reboot vm");
  EXPECT_EQ(runs(), "recover a & b Boots\n");
  expect_ok("wait vm 20");
  EXPECT_EQ(runs(), "");
  const Result result = simvm("wait vm 20");
  EXPECT_EQ(result.output, "task Timed: ok\n    says recover\n");
  EXPECT_EQ(runs(), "recover a & b Timed\n");
  expect_ok("wait vm 65");
  EXPECT_EQ(runs(), "recover a & b Timed\nrecover a & b Timed\n");
}

TEST_F(SimvmTasks, The_interval_is_counted_from_the_VM_Agents_last_command) {
  put_task("Timed", kTimed);
  expect_ok("wait vm 20");
  expect_ok("agent vm install " + package("1.0.0.0"));
  expect_ok("wait vm 20");
  EXPECT_EQ(runs(), "");
  expect_ok("wait vm 15");
  EXPECT_EQ(runs(), "recover a & b Timed\n");
}

TEST_F(SimvmTasks, A_program_is_in_use_while_it_runs_and_not_after) {
  put_task("Boots", kAtBoot);
  lab::write_file(drive("Windows/Temp/tool.exe"),
                  "#!/bin/sh\ngrep -c '\"service\": \"task Boots\"' ../../../machine.json\n");
  const Result result = simvm("reboot vm");
  EXPECT_EQ(result.output, "task Boots: ok\n    1\n");
  machine::simulated::SimulatedMachine vm((temporary_.path() / "vm").string());
  vm.files().remove(R"(C:\Windows\Temp\tool.exe)");
}

}  // namespace
