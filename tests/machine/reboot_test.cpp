#include "tests/machine/simulated_vm.h"

namespace {

using machine::ServiceConfig;
using machine::ServiceState;
using machine::StartType;

class SimulatedReboot : public SimulatedVmInEachForm {
 protected:
  void create(const std::string& name, StartType start,
              const std::vector<std::string>& depends = {}) {
    ServiceConfig config = driver(name);
    config.start = start;
    config.depends_on = depends;
    services().create(name, config);
  }
};

TEST_P(SimulatedReboot, What_starts_by_itself_starts_and_the_rest_does_not) {
  create("Auto", StartType::kAutomatic);
  create("Demand", StartType::kDemand);
  create("Disabled", StartType::kDisabled);
  services().start("Demand");
  reboot();
  EXPECT_EQ(state("Auto"), ServiceState::kRunning);
  EXPECT_EQ(state("Demand"), ServiceState::kStopped);
  EXPECT_EQ(services().status("Demand")->exit_code, 1077U);
  EXPECT_EQ(state("Disabled"), ServiceState::kStopped);
}

TEST_P(SimulatedReboot, Services_start_after_what_they_depend_on) {
  create("A", StartType::kAutomatic, {"B"});
  create("B", StartType::kAutomatic, {"C"});
  create("C", StartType::kDemand);
  reboot();
  for (const char* name : {"A", "B", "C"})
    EXPECT_EQ(state(name), ServiceState::kRunning) << name;
}

TEST_P(SimulatedReboot, A_service_that_fails_at_boot_keeps_its_code) {
  create("Bad", StartType::kAutomatic);
  create("Orphan", StartType::kAutomatic, {"Nobody"});
  files().remove(R"(C:\Windows\System32\drivers\Bad.sys)");
  reboot();
  EXPECT_EQ(services().status("Bad")->exit_code, 2U);
  EXPECT_EQ(services().status("Orphan")->exit_code, 1075U);
}

TEST_P(SimulatedReboot, Queued_deletions_are_done_before_services_start) {
  create("Core", StartType::kAutomatic);
  services().start("Core");
  const std::string image = R"(C:\Windows\System32\drivers\Core.sys)";
  files().create_folder(R"(C:\Folder)");
  files().write(R"(C:\Folder\a)", "");
  files().remove_at_boot(image);
  files().remove_at_boot(R"(C:\Folder\a)");
  files().remove_at_boot(R"(C:\Folder)");
  EXPECT_TRUE(files().stat(image));
  reboot();
  EXPECT_FALSE(files().stat(image));
  EXPECT_FALSE(files().stat(R"(C:\Folder)"));
  EXPECT_EQ(services().status("Core")->exit_code, 2U);
}

TEST_P(SimulatedReboot, The_boot_id_changes_and_the_machine_id_does_not) {
  const std::string boot = system().boot_id();
  const std::string machine = system().machine_id();
  const auto utc = system().utc_ms();
  reboot();
  EXPECT_NE(system().boot_id(), boot);
  EXPECT_EQ(system().machine_id(), machine);
  EXPECT_GT(system().utc_ms(), utc);
  EXPECT_LT(system().monotonic_ms(), 60'000);
}

TEST_P(SimulatedReboot, A_service_that_hangs_at_boot_stays_pending_and_others_start) {
  create("Hangs", StartType::kAutomatic);
  create("Other", StartType::kAutomatic);
  set("service:Hangs", {"start-hangs"});
  reboot();
  EXPECT_EQ(state("Hangs"), ServiceState::kStartPending);
  EXPECT_EQ(state("Other"), ServiceState::kRunning);
}

EBPF_IN_EACH_FORM(SimulatedReboot);

}  // namespace
