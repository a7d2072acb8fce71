#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

using machine::ServiceConfig;
using machine::ServiceState;
using machine::SidType;
using machine::StartType;

constexpr const char* kCore = "ebpf_contract_core";
constexpr const char* kExt = "ebpf_contract_ext";

TEST_P(ServicesContract, A_missing_service_is_nothing_or_1060) {
  EXPECT_FALSE(services().config(kCore));
  EXPECT_FALSE(services().status(kCore));
  EXPECT_EQ(code_of([&] { services().start(kCore); }), 1060);
  EXPECT_EQ(code_of([&] { services().stop(kCore); }), 1060);
  EXPECT_EQ(code_of([&] { services().remove(kCore); }), 1060);
  EXPECT_EQ(code_of([&] { services().change(kCore, ServiceConfig{}); }), 1060);
  EXPECT_EQ(code_of([&] { services().active_dependents(kCore); }), 1060);
}

TEST_P(ServicesContract, Every_field_of_a_registration_is_kept) {
  ServiceConfig config = driver("core.sys");
  config.start = StartType::kAutomatic;
  config.error_control = 0;
  config.display = "eBPF Contract Core";
  config.sid_type = SidType::kUnrestricted;
  config.depends_on = {"ebpf_contract_other"};
  config.description = "for a test";
  services().create(kCore, config);
  ServiceConfig found = services().config("EBPF_contract_CORE").value();
  EXPECT_TRUE(found.image.ends_with(config.image)) << found.image;  // may gain a \??\ in front
  found.image = config.image;
  EXPECT_EQ(found, config);
  EXPECT_EQ(state(kCore), ServiceState::kStopped);
  services().remove(kCore);
}

TEST_P(ServicesContract, A_registration_read_back_can_be_written_again_unchanged) {
  services().create(kCore, driver("core.sys"));
  const ServiceConfig before = services().config(kCore).value();
  ServiceConfig other = before;
  other.start = StartType::kDisabled;
  other.display = "another";
  services().change(kCore, other);
  EXPECT_EQ(services().config(kCore), other);
  services().change(kCore, before);
  EXPECT_EQ(services().config(kCore), before);
  services().remove(kCore);
}

TEST_P(ServicesContract, Creating_twice_or_changing_the_type_is_refused) {
  ServiceConfig config = driver("core.sys");
  services().create(kCore, config);
  EXPECT_EQ(code_of([&] { services().create("EBPF_CONTRACT_CORE", config); }), 1073);
  config.type = machine::ServiceType::kOwnProcess;
  EXPECT_EQ(code_of([&] { services().change(kCore, config); }), 87);
  EXPECT_EQ(code_of([&] { services().create("a/b", driver("b.sys")); }), 123);
  services().remove(kCore);
  EXPECT_FALSE(services().config(kCore));
}

TEST_P(ServicesContract, A_driver_starts_and_stops) {
  services().create(kCore, driver("core.sys"));
  services().start(kCore);
  EXPECT_EQ(settle(kCore), ServiceState::kRunning);
  EXPECT_EQ(services().status(kCore)->process_id, 0U);
  EXPECT_EQ(code_of([&] { services().start(kCore); }), 1056);
  services().stop(kCore);
  EXPECT_EQ(settle(kCore), ServiceState::kStopped);
  EXPECT_EQ(code_of([&] { services().stop(kCore); }), 1062);
  services().remove(kCore);
}

TEST_P(ServicesContract, A_disabled_service_does_not_start) {
  ServiceConfig config = driver("core.sys");
  config.start = StartType::kDisabled;
  services().create(kCore, config);
  EXPECT_EQ(code_of([&] { services().start(kCore); }), 1058);
  services().remove(kCore);
}

TEST_P(ServicesContract, A_missing_or_broken_image_does_not_start) {
  ServiceConfig config = driver("core.sys");
  services().create(kCore, config);
  files().write(path("core.sys"), "no image at all");
  EXPECT_EQ(code_of([&] { services().start(kCore); }), answer(rule::kBrokenImage, 193));
  files().remove(path("core.sys"));
  EXPECT_EQ(code_of([&] { services().start(kCore); }), answer(rule::kMissingImage, 2));
  EXPECT_EQ(state(kCore), ServiceState::kStopped);
  services().remove(kCore);
}

TEST_P(ServicesContract, A_running_service_is_deleted_when_it_stops) {
  const ServiceConfig config = driver("core.sys");
  services().create(kCore, config);
  services().start(kCore);
  settle(kCore);
  services().remove(kCore);
  ASSERT_TRUE(services().status(kCore));
  EXPECT_EQ(services().status(kCore)->marked_for_deletion ? "marked" : "not marked",
            answer(rule::kMarkSeen, "marked"));
  EXPECT_EQ(code_of([&] { services().remove(kCore); }), 1072);
  EXPECT_EQ(code_of([&] { services().create(kCore, config); }), 1072);
  EXPECT_EQ(code_of([&] { services().change(kCore, config); }), 1072);
  EXPECT_EQ(code_of([&] { services().start(kCore); }), answer(rule::kMarkedStart, 1072));
  services().stop(kCore);
  for (int i = 0; i < 100 && services().status(kCore); ++i)
    system().wait_ms(100);
  EXPECT_FALSE(services().status(kCore));
}

TEST_P(ServicesContract, What_else_is_in_its_key_goes_with_the_service) {
  const std::string key = std::string(R"(HKLM\SYSTEM\CurrentControlSet\Services\)") + kCore;
  const machine::RegistryValue one{machine::RegistryType::kDword, "1"};
  services().create(kCore, driver("core.sys"));
  registry().set(key, "Verified", one);
  registry().set(key + R"(\Parameters\Wdf)", "VerifierOn", one);
  services().remove(kCore);
  EXPECT_TRUE(registry().subtree(key).empty());
}

TEST_P(ServicesContract, Dependencies_start_first_and_block_a_stop) {
  services().create(kCore, driver("core.sys"));
  ServiceConfig ext = driver("ext.sys");
  ext.depends_on = {"EBPF_Contract_Core"};
  services().create(kExt, ext);
  services().start(kExt);
  EXPECT_EQ(settle(kExt), ServiceState::kRunning);
  if (!keeps(rule::kDependencies)) {  // kept, and nothing more
    EXPECT_EQ(services().config(kExt)->depends_on, ext.depends_on);
    EXPECT_EQ(state(kCore), ServiceState::kStopped);
    services().start(kCore);
    settle(kCore);
    EXPECT_TRUE(services().active_dependents(kCore).empty());
    services().stop(kCore);
    EXPECT_EQ(settle(kCore), ServiceState::kStopped);
    services().stop(kExt);
    settle(kExt);
    services().remove(kExt);
    services().remove(kCore);
    return;
  }
  EXPECT_EQ(state(kCore), ServiceState::kRunning);
  EXPECT_EQ(services().active_dependents(kCore), std::vector<std::string>{kExt});
  EXPECT_EQ(code_of([&] { services().stop(kCore); }), 1051);
  services().stop(kExt);
  settle(kExt);
  EXPECT_TRUE(services().active_dependents(kCore).empty());
  services().stop(kCore);
  EXPECT_EQ(settle(kCore), ServiceState::kStopped);
  services().remove(kExt);
  services().remove(kCore);
}

TEST_P(ServicesContract, Dependencies_that_are_missing_or_do_not_start_have_their_codes) {
  ServiceConfig ext = driver("ext.sys");
  ext.depends_on = {kCore};
  services().create(kExt, ext);
  if (!keeps(rule::kDependencies)) {
    services().start(kExt);
    EXPECT_EQ(settle(kExt), ServiceState::kRunning);
    services().stop(kExt);
    settle(kExt);
    services().remove(kExt);
    return;
  }
  EXPECT_EQ(code_of([&] { services().start(kExt); }), 1075);
  ServiceConfig core = driver("core.sys");
  services().create(kCore, core);
  files().remove(path("core.sys"));
  EXPECT_EQ(code_of([&] { services().start(kExt); }), 1068);
  core.start = StartType::kDisabled;
  services().change(kCore, core);
  EXPECT_EQ(code_of([&] { services().start(kExt); }), 1068);
  services().remove(kExt);
  services().remove(kCore);
}

TEST_P(ServicesContract, Dependents_are_listed_in_an_order_in_which_they_can_be_stopped) {
  services().create(kCore, driver("core.sys"));
  const std::vector<std::string> chain{"ebpf_contract_a", "ebpf_contract_b", "ebpf_contract_c"};
  std::string below = kCore;
  for (const std::string& name : chain) {
    ServiceConfig config = driver(name + ".sys");
    config.depends_on = {below};
    services().create(name, config);
    below = name;
  }
  if (!keeps(rule::kDependencies)) {
    for (const std::string& name : chain) {
      services().start(name);
      EXPECT_EQ(settle(name), ServiceState::kRunning);
    }
    EXPECT_TRUE(services().active_dependents(kCore).empty());
    for (const std::string& name : chain) {
      services().stop(name);
      EXPECT_EQ(settle(name), ServiceState::kStopped);
      services().remove(name);
    }
    services().remove(kCore);
    return;
  }
  services().start(chain.back());
  settle(chain.back());
  const std::vector<std::string> active = services().active_dependents(kCore);
  EXPECT_EQ(active, (std::vector<std::string>{chain[2], chain[1], chain[0]}));
  for (const std::string& name : active) {
    services().stop(name);
    EXPECT_EQ(settle(name), ServiceState::kStopped);
    services().remove(name);
  }
  services().stop(kCore);
  settle(kCore);
  services().remove(kCore);
}

TEST_P(ServicesContract, Process_0_is_never_alive) { EXPECT_FALSE(services().process_alive(0)); }

}  // namespace
}  // namespace contract
