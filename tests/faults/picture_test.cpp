// What the cases compare sees everything that an action may leave behind.
#include <gtest/gtest.h>

#include "actions/machine/files.h"
#include "actions/machine/services.h"
#include "tests/faults/scenario.h"

namespace faults {
namespace {

class Picture : public testing::Test {
 protected:
  // `change`d behind the handler's back.
  bool is_seen(const std::function<void(machine::Machine&)>& change) {
    const lab::Vm changed = vm_.copy_to(folder_.path() / "changed");
    change(*changed.machine());
    return picture(changed) != picture(vm_);
  }
  static void change_proxy(machine::Machine& machine,
                           const std::function<void(machine::ServiceConfig&)>& change) {
    auto config = *machine.services().config("GuestProxyAgent");
    change(config);
    machine.services().change("GuestProxyAgent", config);
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
};

TEST_F(Picture, Nothing_changed_is_nothing_seen) {
  EXPECT_FALSE(is_seen([](machine::Machine&) {}));
}

TEST_F(Picture, An_empty_folder_is_seen) {
  EXPECT_TRUE(is_seen([](machine::Machine& m) { m.files().create_folder("C:/left"); }));
}

TEST_F(Picture, A_service_marked_for_deletion_is_seen) {
  EXPECT_TRUE(is_seen([](machine::Machine& m) { m.services().remove("GuestProxyAgent"); }));
}

TEST_F(Picture, What_the_snapshot_leaves_out_of_a_registration_is_seen) {
  EXPECT_TRUE(is_seen([](machine::Machine& m) {
    change_proxy(m, [](machine::ServiceConfig& config) { config.description += "x"; });
  }));
  EXPECT_TRUE(is_seen([](machine::Machine& m) {
    change_proxy(m, [](machine::ServiceConfig& config) { config.error_control = 3; });
  }));
  EXPECT_TRUE(is_seen([](machine::Machine& m) {
    change_proxy(
        m, [](machine::ServiceConfig& config) { config.delayed_start = !config.delayed_start; });
  }));
}

}  // namespace
}  // namespace faults
