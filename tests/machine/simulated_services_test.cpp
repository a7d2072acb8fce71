
#include "json/json.h"
#include "tests/machine/simulated_vm.h"

namespace {

using machine::ServiceConfig;
using machine::ServiceState;
using machine::StartType;
using machine::simulated::VmOptions;

class SimulatedServices : public SimulatedVmInEachForm {};

TEST_P(SimulatedServices, A_start_is_pending_for_a_while) {
  services().create("Core", driver("core"));
  services().start("Core");
  EXPECT_EQ(state("Core"), ServiceState::kStartPending);
  EXPECT_EQ(code_of([&] { services().stop("Core"); }), 1061);
  EXPECT_EQ(state_after("Core", 100), ServiceState::kRunning);
  services().stop("Core");
  EXPECT_EQ(state("Core"), ServiceState::kStopPending);
  EXPECT_EQ(state_after("Core", 100), ServiceState::kStopped);
}

TEST_P(SimulatedServices, A_start_takes_as_long_as_it_is_told) {
  services().create("Core", driver("core"));
  set("service:Core", {"start-takes=7.5"});
  services().start("Core");
  EXPECT_EQ(state_after("Core", 7400), ServiceState::kStartPending);
  EXPECT_EQ(state_after("Core", 200), ServiceState::kRunning);
}

TEST_P(SimulatedServices, An_armed_start_fails_with_its_code_until_it_is_cleared) {
  services().create("Core", driver("core"));
  set("service:CORE", {"start-fails=577"});
  EXPECT_EQ(code_of([&] { services().start("Core"); }), 577);
  EXPECT_EQ(state("Core"), ServiceState::kStopped);
  EXPECT_EQ(services().status("Core")->exit_code, 577U);
  set("service:Core", {"clear"});
  services().start("Core");
  EXPECT_EQ(state_after("Core", 100), ServiceState::kRunning);
  EXPECT_EQ(services().status("Core")->exit_code, 0U);
}

// The kernel takes a driver's path as it is; a program's is a command line.
TEST_P(SimulatedServices, A_driver_whose_path_somebody_quoted_does_not_start) {
  ServiceConfig config = driver("core");
  config.image = "\"" + config.image + "\"";
  services().create("Core", config);
  EXPECT_EQ(code_of([&] { services().start("Core"); }), 123);
  config = process("svc");
  config.image = "\"" + config.image + "\"";
  services().create("Svc", config);
  services().start("Svc");
  EXPECT_EQ(state_after("Svc", 1000), ServiceState::kRunning);
}

TEST_P(SimulatedServices, A_Task_Scheduler_that_does_not_answer_fails_every_call) {
  set("tasks", {"fails=5"});
  EXPECT_EQ(code_of([&] { tasks().get("t"); }), 5);
  EXPECT_EQ(code_of([&] { tasks().put("t", "<Task></Task>"); }), 5);
  EXPECT_EQ(code_of([&] { tasks().set_enabled("t", false); }), 5);
  EXPECT_EQ(code_of([&] { tasks().remove("t"); }), 5);
  set("tasks", {"clear"});
  EXPECT_FALSE(tasks().get("t"));
}

TEST_P(SimulatedServices, A_process_that_fails_does_so_after_the_call_unless_it_cannot_be_loaded) {
  services().create("Svc", process("svc"));
  set("service:Svc", {"start-fails=1066"});
  services().start("Svc");
  EXPECT_EQ(state_after("Svc", 1000), ServiceState::kStopped);
  EXPECT_EQ(services().status("Svc")->exit_code, 1066U);
  set("service:Svc", {"start-fails=216"});
  EXPECT_EQ(code_of([&] { services().start("Svc"); }), 216);
}

TEST_P(SimulatedServices, A_start_may_hang_for_ever) {
  services().create("Core", driver("core"));
  set("service:Core", {"start-hangs"});
  services().start("Core");
  EXPECT_EQ(state_after("Core", 3'600'000), ServiceState::kStartPending);
  set("service:Core", {"start-hangs=0"});
  EXPECT_EQ(state_after("Core", 10), ServiceState::kRunning);
}

TEST_P(SimulatedServices, A_stop_may_be_ignored_or_hang) {
  services().create("Core", driver("core"));
  services().start("Core");
  system().wait_ms(100);
  set("service:Core", {"ignores-stop"});
  services().stop("Core");
  EXPECT_EQ(state_after("Core", 60'000), ServiceState::kRunning);
  set("service:Core", {"clear"});
  set("service:Core", {"stop-hangs"});
  services().stop("Core");
  EXPECT_EQ(state_after("Core", 60'000), ServiceState::kStopPending);
}

TEST_P(SimulatedServices, A_service_crashes_when_it_is_told) {
  services().create("Svc", process("svc"));
  set("service:Svc", {"crashes-after=5"});
  services().start("Svc");
  EXPECT_EQ(state_after("Svc", 1000), ServiceState::kRunning);
  EXPECT_EQ(state_after("Svc", 5000), ServiceState::kStopped);
  EXPECT_EQ(services().status("Svc")->exit_code, 1067U);
  EXPECT_EQ(services().status("Svc")->process_id, 0U);
}

TEST_P(SimulatedServices, A_process_outlives_its_service_for_a_moment) {
  services().create("Svc", process("svc"));
  services().start("Svc");
  system().wait_ms(200);
  const auto process_id = services().status("Svc")->process_id;
  EXPECT_NE(process_id, 0U);
  EXPECT_TRUE(services().process_alive(process_id));
  services().stop("Svc");
  EXPECT_EQ(state_after("Svc", 100), ServiceState::kStopped);
  EXPECT_TRUE(services().process_alive(process_id));
  EXPECT_EQ(code_of([&] { files().remove(R"(C:\Windows\System32\drivers\svc.sys)"); }), 5);
  system().wait_ms(100);
  EXPECT_FALSE(services().process_alive(process_id));
  files().remove(R"(C:\Windows\System32\drivers\svc.sys)");
}

TEST_P(SimulatedServices, A_service_held_open_is_only_marked_and_goes_at_the_next_boot) {
  services().create("Core", driver("core"));
  set("service:Core", {"held-open"});
  services().remove("Core");
  EXPECT_TRUE(services().status("Core")->marked_for_deletion);
  EXPECT_EQ(code_of([&] { services().create("Core", driver("core")); }), 1072);
  reboot();
  EXPECT_FALSE(services().status("Core"));
}

TEST_P(SimulatedServices, A_dependency_that_hangs_fails_the_start_after_half_a_minute) {
  services().create("Core", driver("core"));
  ServiceConfig ext = driver("ext");
  ext.depends_on = {"Core"};
  services().create("Ext", ext);
  set("service:Core", {"start-hangs"});
  const auto begin = system().monotonic_ms();
  EXPECT_EQ(code_of([&] { services().start("Ext"); }), 1068);
  EXPECT_GE(system().monotonic_ms(), begin + 30'000);
}

TEST_P(SimulatedServices, What_CreateService_rewrites_is_rewritten) {
  services().create("Core", driver("core"));
  EXPECT_EQ(services().config("Core")->image, R"(\??\C:\Windows\System32\drivers\core.sys)");
  EXPECT_EQ(services().config("Core")->display, "Core");
  services().create("Svc", process("svc"));
  EXPECT_EQ(services().config("Svc")->account, "LocalSystem");
}

TEST_P(SimulatedServices, Registrations_that_Windows_refuses_are_refused) {
  ServiceConfig config = driver("core");
  config.depends_on = {"core"};
  EXPECT_EQ(code_of([&] { services().create("Core", config); }), 1059);
  config.depends_on = {"B"};
  services().create("A", config);
  ServiceConfig other = driver("b");
  other.depends_on = {"A"};
  EXPECT_EQ(code_of([&] { services().create("B", other); }), 1059);
  other.depends_on = {};
  other.display = "A";
  EXPECT_EQ(code_of([&] { services().create("B", other); }), 1078);
  EXPECT_EQ(code_of([&] { services().create("", driver("c")); }), 123);
  ServiceConfig boot = process("d");
  boot.start = StartType::kBoot;
  EXPECT_EQ(code_of([&] { services().create("D", boot); }), 87);
}

class SimulatedGpa : public SimulatedVmInEachForm {
 protected:
  SimulatedGpa() : SimulatedVmInEachForm({.gpa = machine::simulated::Gpa::kRunning}) {}

  void put_ebpf() {
    files().create_folder(R"(C:\Program Files\ebpf-for-windows)");
    files().write(R"(C:\Program Files\ebpf-for-windows\EbpfApi.dll)",
                  machine::simulated::minimal_image("api"));
    for (const char* name : {"EbpfCore", "NetEbpfExt"}) {
      ServiceConfig config = driver(name);
      config.start = StartType::kAutomatic;
      services().create(name, config);
      services().start(name);
    }
    system().wait_ms(100);
    set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
  }
  void restart_gpa() {
    services().stop("GuestProxyAgent");
    system().wait_ms(500);
    services().start("GuestProxyAgent");
    system().wait_ms(500);
  }
  nlohmann::json status() {
    return nlohmann::json::parse(
        files().read(R"(C:\WindowsAzure\ProxyAgent\Logs\status.json)", 100'000));
  }
};

TEST_P(SimulatedGpa, It_runs_without_eBPF_at_first_and_says_that_it_is_not_well) {
  EXPECT_EQ(state("GuestProxyAgent"), ServiceState::kRunning);
  EXPECT_EQ(status().at("proxyAgentStatus").at("status"), "ERROR");
}

TEST_P(SimulatedGpa, It_is_well_once_it_has_started_over_eBPF) {
  put_ebpf();
  restart_gpa();
  const auto part = status().at("proxyAgentStatus");
  EXPECT_EQ(part.at("status"), "SUCCESS");
  for (const char* name : {"ebpfProgramStatus", "keyLatchStatus", "proxyListenerStatus"}) {
    EXPECT_EQ(part.at(name).at("status"), "RUNNING") << name;
  }
}

TEST_P(SimulatedGpa, It_can_be_made_to_be_unwell) {
  put_ebpf();
  set("service:GuestProxyAgent", {"unhealthy"});
  restart_gpa();
  EXPECT_EQ(status().at("proxyAgentStatus").at("status"), "ERROR");
}

TEST_P(SimulatedGpa, Its_status_file_can_be_left_taken_away_or_spoilt) {
  const std::string path = R"(C:\WindowsAzure\ProxyAgent\Logs\status.json)";
  const std::string first = files().read(path, 100'000);
  set("service:GuestProxyAgent", {"status-file=stale"});
  system().wait_ms(61'000);
  EXPECT_EQ(files().read(path, 100'000), first);
  set("service:GuestProxyAgent", {"status-file=garbage"});
  system().wait_ms(61'000);
  EXPECT_FALSE(nlohmann::json::accept(files().read(path, 100'000)));
  set("service:GuestProxyAgent", {"status-file=absent"});
  system().wait_ms(61'000);
  EXPECT_FALSE(files().stat(path));
  set("service:GuestProxyAgent", {"status-file=written"});
  system().wait_ms(61'000);
  EXPECT_EQ(status().at("timestamp").get<std::string>().size(), 23U);
}

TEST_P(SimulatedGpa, Its_next_process_can_be_given_an_id) {
  put_ebpf();
  const auto before = services().status("GuestProxyAgent")->process_id;
  set("service:GuestProxyAgent", {"process-id=" + std::to_string(before)});
  restart_gpa();
  EXPECT_EQ(services().status("GuestProxyAgent")->process_id, before);
  EXPECT_TRUE(services().process_alive(before));
}

TEST_P(SimulatedGpa, It_writes_its_status_every_minute) {
  const std::string first = status().at("timestamp");
  system().wait_ms(59'000);
  EXPECT_EQ(status().at("timestamp"), first);
  system().wait_ms(2'000);
  const std::string second = status().at("timestamp");
  EXPECT_NE(second, first);
  services().stop("GuestProxyAgent");
  system().wait_ms(180'000);
  EXPECT_EQ(status().at("timestamp"), second);
}

TEST_P(SimulatedGpa, It_says_stopped_before_its_process_ends_and_holds_the_library_until_then) {
  put_ebpf();
  restart_gpa();
  const std::string library = R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)";
  const auto process_id = services().status("GuestProxyAgent")->process_id;
  EXPECT_EQ(code_of([&] { services().stop("EbpfCore"); }), 1051);
  services().stop("GuestProxyAgent");
  EXPECT_EQ(state_after("GuestProxyAgent", 150), ServiceState::kStopped);
  EXPECT_TRUE(services().process_alive(process_id));
  EXPECT_EQ(code_of([&] { files().remove(library); }), 5);
  files().rename(library, library + ".aside");
  system().wait_ms(300);
  EXPECT_FALSE(services().process_alive(process_id));
  files().remove(library + ".aside");
}

class SimulatedGpaAtCreation : public testing::TestWithParam<Form> {};

TEST_P(SimulatedGpaAtCreation, It_is_as_it_was_ordered) {
  using machine::simulated::Gpa;
  const auto created = [](Gpa gpa) {
    auto vm = std::make_unique<VmInForm>(
        GetParam(), VmOptions{.os_build = 26100, .gpa = gpa, .architecture = "arm64"});
    EXPECT_EQ(vm->machine().system().os_build(), 26100);
    EXPECT_EQ(vm->machine().system().architecture(), "arm64");
    return vm;
  };
  const auto disabled = created(Gpa::kDisabled);
  auto& services = disabled->machine().services();
  EXPECT_EQ(services.config("GuestProxyAgent")->start, StartType::kDisabled);
  EXPECT_EQ(services.status("GuestProxyAgent")->state, ServiceState::kStopped);
  const auto stopped = created(Gpa::kStopped);
  EXPECT_EQ(stopped->machine().services().config("GuestProxyAgent")->start, StartType::kAutomatic);
  EXPECT_EQ(stopped->machine().services().status("GuestProxyAgent")->state, ServiceState::kStopped);
  EXPECT_FALSE(created(Gpa::kAbsent)->machine().services().status("GuestProxyAgent"));
}

EBPF_IN_EACH_FORM(SimulatedServices);
EBPF_IN_EACH_FORM(SimulatedGpa);
EBPF_IN_EACH_FORM(SimulatedGpaAtCreation);

}  // namespace
