#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/services/register_service.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using errors::ExitCode;
using machine::ServiceConfig;
using machine::ServiceType;
using machine::StartType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kDriver = "NetEbpfExt";

ServiceConfig wanted() {
  ServiceConfig config = driver_config(driver_image(kDriver));
  config.display = "eBPF network extension";
  config.depends_on = {"EbpfCore"};
  config.description = "Hooks of the network stack";
  return config;
}

std::unique_ptr<Action> service_registration(TestVm& /*vm*/) {
  return std::make_unique<services::RegisterService>(kDriver, wanted());
}

void prepare_image(TestVm& vm) {
  vm.add_driver("EbpfCore", false);
  vm.put_image(driver_image(kDriver), kDriver);
}

// Registered elsewhere, as another release does it, and disabled by its owner.
void prepare_older(TestVm& vm) {
  prepare_image(vm);
  ServiceConfig older = driver_config(R"(\SystemRoot\System32\drivers\netebpfext.sys)");
  older.start = StartType::kDisabled;
  older.display = "netebpfext";
  older.error_control = 0;
  vm.services().create(kDriver, older);
}

struct Registered {
  explicit Registered(void (*prepare)(TestVm&)) {
    prepare(vm);
    start = vm.picture();
    action = service_registration(vm);
    before = as_text(action->capture(vm.machine()));
  }
  Json apply() { return action->apply(vm.machine(), before, vm.in(kEnoughMs)); }
  UndoResult undo(const Json& after = nullptr) {
    return action->undo(vm.machine(), before, after, vm.in(kEnoughMs));
  }

  TestVm vm;
  std::string start;
  std::unique_ptr<Action> action;
  Json before;
};

TEST(RegisterService, A_registered_one_keeps_its_start_type) {
  Registered test(prepare_older);
  test.apply();
  const auto config = test.vm.services().config(kDriver);
  EXPECT_EQ(config->start, StartType::kDisabled);
  EXPECT_EQ(config->display, wanted().display);
  EXPECT_EQ(config->depends_on, wanted().depends_on);
  EXPECT_EQ(config->error_control, 1U);
}

TEST(RegisterService, The_after_image_is_what_windows_made_of_it) {
  Registered test(prepare_image);
  const Json after = test.apply();
  EXPECT_EQ(machine::service_config_from_json(after.at("config")),
            *test.vm.services().config(kDriver));
}

TEST(RegisterService, Another_service_type_is_refused_and_nothing_is_changed) {
  Registered test([](TestVm& vm) { vm.add_program(kDriver, false); });
  const auto failure = failure_of([&] { test.apply(); });
  EXPECT_EQ(failure.code(), ExitCode::kCreateService);
  EXPECT_EQ(test.vm.picture(), test.start);
}

TEST(RegisterService, One_that_is_going_is_waited_for) {
  Registered test([](TestVm& vm) {
    vm.add_driver("EbpfCore", false);
    vm.add_driver(kDriver, true);
    vm.services().stop(kDriver);
    vm.services().remove(kDriver);  // gone when it has stopped
  });
  test.apply();
  EXPECT_FALSE(test.vm.services().status(kDriver)->marked_for_deletion);
  EXPECT_EQ(test.vm.services().config(kDriver)->display, wanted().display);
}

TEST(RegisterService, One_that_stays_marked_for_deletion_fails_with_1072_and_advises_a_restart) {
  Registered test([](TestVm& vm) {
    vm.add_driver(kDriver, false);
    vm.arm("service:NetEbpfExt", {"held-open"});
    vm.services().remove(kDriver);
  });
  const auto failure = failure_of([&] { test.apply(); });
  EXPECT_EQ(failure.code(), ExitCode::kCreateService);
  EXPECT_EQ(failure.system()->code, 1072);
  EXPECT_THAT(failure.advice(), HasSubstr("Restart the VM"));
  EXPECT_EQ(test.undo().kind, UndoResult::Kind::kUndone) << "it was going before, and still is";
}

TEST(RegisterService, A_name_that_somebody_took_after_the_capture_is_refused_and_left) {
  Registered test(prepare_image);
  test.vm.services().create(kDriver, driver_config("C:\\theirs.sys"));
  EXPECT_EQ(failure_of([&] { test.apply(); }).system()->code, 1073);
  EXPECT_THAT(test.undo().foreign, ElementsAre(HasSubstr(kDriver)));
  EXPECT_TRUE(test.vm.services().config(kDriver).has_value());
}

// Killed behind CreateService, before SID type and description: nobody else's.
TEST(RegisterService, Undo_takes_away_what_a_process_that_died_has_begun) {
  Registered test(prepare_image);
  ServiceConfig begun = wanted();
  begun.description = "";
  test.vm.services().create(kDriver, begun);
  EXPECT_EQ(test.action->probe(test.vm.machine(), test.before, nullptr), Probe::kMoving);
  EXPECT_THAT(test.undo().foreign, IsEmpty());
  EXPECT_FALSE(test.vm.services().config(kDriver).has_value());
}

TEST(RegisterService, What_a_boot_started_on_top_of_it_is_stopped_to_remove_it) {
  Registered test([](TestVm& vm) {
    prepare_image(vm);
    vm.add_program("GuestProxyAgent", false);
    ServiceConfig client = *vm.services().config("GuestProxyAgent");
    client.depends_on = {kDriver};
    vm.services().change("GuestProxyAgent", client);
  });
  test.apply();
  test.vm.start("GuestProxyAgent");
  EXPECT_THAT(test.undo().foreign, ElementsAre(HasSubstr("GuestProxyAgent")));
  EXPECT_FALSE(test.vm.services().config(kDriver));
}

TEST(RegisterService, One_that_runs_is_stopped_and_removed_by_undo) {
  Registered test(prepare_image);
  const Json after = test.apply();
  test.vm.start(kDriver);
  test.vm.stop("NetEbpfExt");
  test.vm.start(kDriver);
  EXPECT_EQ(test.undo(after).kind, UndoResult::Kind::kUndone);
  EXPECT_FALSE(test.vm.services().status(kDriver).has_value());
}

TEST(RegisterService, One_that_will_not_stop_is_reboot_needed_and_gone_after_the_reboot) {
  Registered test(prepare_image);
  const Json after = test.apply();
  test.vm.start(kDriver);
  test.vm.arm("service:NetEbpfExt", {"ignores-stop"});
  const UndoResult result = test.undo(after);
  EXPECT_EQ(result.kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_THAT(result.pending, ElementsAre(HasSubstr("next boot")));
  test.vm.reboot();
  EXPECT_EQ(test.undo(after).kind, UndoResult::Kind::kUndone);
  EXPECT_FALSE(test.vm.services().status(kDriver).has_value());
}

TEST(RegisterService, One_with_open_handles_is_reboot_needed_at_undo) {
  Registered test(prepare_image);
  const Json after = test.apply();
  test.vm.arm("service:NetEbpfExt", {"held-open"});
  EXPECT_EQ(test.undo(after).kind, UndoResult::Kind::kRebootNeeded);
  EXPECT_EQ(test.undo(after).kind, UndoResult::Kind::kRebootNeeded) << "asked again";
}

TEST(RegisterService, Another_start_type_does_not_make_it_foreign) {
  Registered test(prepare_image);
  const Json after = test.apply();
  ServiceConfig config = *test.vm.services().config(kDriver);
  config.start = StartType::kDisabled;
  test.vm.services().change(kDriver, config);
  EXPECT_THAT(test.undo(after).foreign, IsEmpty());
  EXPECT_EQ(test.vm.picture(), test.start);
}

TEST(RegisterService, Undo_gives_back_each_field_that_nobody_else_changed) {
  Registered test(prepare_older);
  const ServiceConfig older = *test.vm.services().config(kDriver);
  const Json after = test.apply();
  ServiceConfig config = *test.vm.services().config(kDriver);
  config.description = "an administrator's words";
  config.start = StartType::kAutomatic;
  test.vm.services().change(kDriver, config);
  EXPECT_THAT(test.undo(after).foreign, ElementsAre(HasSubstr("description")));
  const ServiceConfig now = *test.vm.services().config(kDriver);
  EXPECT_EQ(now.image, older.image);
  EXPECT_EQ(now.display, older.display);
  EXPECT_EQ(now.description, "an administrator's words");
  EXPECT_EQ(now.start, StartType::kAutomatic) << "not this action's field";
}

TEST(RegisterService, One_that_somebody_removed_meanwhile_is_reported) {
  Registered test(prepare_older);
  const Json after = test.apply();
  test.vm.services().remove(kDriver);
  EXPECT_THAT(test.undo(after).foreign, ElementsAre(HasSubstr("removed")));
}

}  // namespace

std::vector<Scenario> register_service_scenarios() {
  const auto change_display = [](TestVm& vm) {
    ServiceConfig config = *vm.services().config(kDriver);
    config.display = "somebody else's";
    vm.services().change(kDriver, config);
  };
  const auto display_is_left = [](TestVm& vm) {
    const auto config = vm.services().config(kDriver);
    return config && config->display == "somebody else's";
  };
  return {{.name = "register_service_that_is_absent",
           .prepare = prepare_image,
           .action = service_registration,
           .outlasts_a_boot = true,
           .interfere = change_display,
           .is_left = display_is_left},
          {.name = "register_service_that_points_elsewhere",
           .prepare = prepare_older,
           .action = service_registration,
           .outlasts_a_boot = true,
           .interfere = change_display,
           .is_left = display_is_left},
          {.name = "register_service_that_is_as_wanted",
           .prepare =
               [](TestVm& vm) {
                 prepare_image(vm);
                 vm.services().create(kDriver, wanted());
               },
           .action = service_registration,
           .changes_nothing = true,
           .outlasts_a_boot = true},
          {.name = "register_service_of_a_program",
           .prepare = [](TestVm& vm) { vm.add_driver("EbpfCore", false); },
           .action =
               [](TestVm&) {
                 ServiceConfig config;
                 config.type = ServiceType::kOwnProcess;
                 config.start = StartType::kAutomatic;
                 config.image = std::string("\"") + kInstallFolder + "\\ebpfsvc.exe\" -k";
                 config.account = "NT AUTHORITY\\LocalService";
                 config.sid_type = machine::SidType::kRestricted;
                 config.display = "eBPF Service";
                 config.delayed_start = true;
                 return std::make_unique<services::RegisterService>("eBPFSvc", config);
               }}};
}

}  // namespace actions::testing
