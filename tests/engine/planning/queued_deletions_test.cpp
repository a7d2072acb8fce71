// F-10: deletions of our files that an earlier uninstaller queued for the boot.
#include "actions/machine/registry.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

constexpr const char* kQueueKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
constexpr const char* kQueue = "PendingFileRenameOperations";
const std::string kQueuedDriver = R"(C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)";
// A deletion each, as the value's text.
const std::string kTheirs = std::string(R"(\??\C:\Acme\old.dll)") + "\n";
const std::string kOfDriver = R"(\??\)" + kQueuedDriver + "\n";
const std::string kAllQueued = kTheirs + "\n" + kOfDriver;

class QueuedDeletions : public Update {
 protected:
  // Whether or not the files are there.
  void queue(const std::string& operations) const {
    behind([&operations](machine::Machine& m) {
      m.registry().set(kQueueKey, kQueue, {machine::RegistryType::kMultiString, operations});
      m.system().flush();
    });
  }
  std::string queued() const {
    std::string data = "none";
    behind([&data](machine::Machine& m) {
      if (const auto value = m.registry().get(kQueueKey, kQueue)) data = value->data;
    });
    return data;
  }
  void expect_it_lives_behind_the_boot() const {
    vm_.reboot();
    EXPECT_TRUE(has("drivers/eBPFCore.sys"));
    expect_all_running();
  }
};

class QueuedBeforeInstall : public QueuedDeletions {
 protected:
  void SetUp() override { queue(kAllQueued); }
};

TEST_F(QueuedBeforeInstall, Are_taken_back_by_install_and_the_boot_deletes_nothing) {
  must(commands::Command::kInstall);
  EXPECT_EQ(queued(), kTheirs);
  must(commands::Command::kEnable);
  expect_it_lives_behind_the_boot();
}

TEST_F(QueuedBeforeInstall, Are_there_again_when_an_install_is_undone) {
  EXPECT_NE(with_fault(commands::Command::kInstall, "system.flush#1:fail=5").code,
            ExitCode::kSuccess);
  EXPECT_EQ(outcome(), "undone");
  EXPECT_EQ(queued(), kAllQueued);
}

TEST_F(QueuedDeletions, Are_taken_back_by_an_enable_that_has_nothing_else_to_do) {
  queue(kAllQueued);
  const auto process_of_proxy = process("GuestProxyAgent");
  must(commands::Command::kEnable);
  EXPECT_THAT(kinds(last_id()), testing::ElementsAre("take-back-deletions " +
                                                     std::string(kQueueKey) + "\\" + kQueue));
  EXPECT_THAT(vm_.journal_text(), testing::HasSubstr("next boot would do to " + kQueuedDriver));
  EXPECT_EQ(process("GuestProxyAgent"), process_of_proxy);
  EXPECT_EQ(queued(), kTheirs);
  expect_it_lives_behind_the_boot();
}

TEST_F(QueuedDeletions, Keep_no_disable_and_no_uninstall_from_their_work) {
  queue(kAllQueued);
  must(commands::Command::kDisable);
  must(commands::Command::kUninstall);
  EXPECT_EQ(queued(), kTheirs);
}

TEST_F(QueuedDeletions, Are_taken_back_by_disable_so_that_what_it_stopped_can_start_behind_a_boot) {
  queue(kAllQueued);
  must(commands::Command::kDisable);
  killed(commands::Command::kUpdate, "files.copy_in#1:kill-after", fresh_);
  constexpr std::uint64_t kAllIsLost = 0;
  vm_.power_cut(kAllIsLost);
  must(commands::Command::kRecover);
  expect_running("1.0.0");
}

TEST_F(QueuedDeletions, Are_taken_back_durably_before_the_first_stop) {
  queue(kAllQueued);
  killed(commands::Command::kDisable, "services.stop#4:kill-after");
  constexpr std::uint64_t kAllIsLost = 0;
  vm_.power_cut(kAllIsLost);
  must(commands::Command::kRecover);
  expect_running("1.0.0");
}

TEST_F(QueuedDeletions, Behind_a_disable_are_taken_back_by_update) {
  must(commands::Command::kDisable);
  queue(kAllQueued);
  must(commands::Command::kUpdate, fresh_);
  EXPECT_EQ(queued(), kTheirs);
}

TEST_F(QueuedDeletions, That_cannot_be_taken_back_keep_no_disable_from_its_work) {
  queue(kAllQueued);
  const handler::Reply reply = with_fault(commands::Command::kDisable, "registry.set#1:fail=5");
  EXPECT_EQ(reply.code, ExitCode::kSuccess) << text(reply);
  EXPECT_EQ(state("EbpfCore"), "stopped");
}

TEST_F(QueuedDeletions, Are_taken_back_by_an_update) {
  queue(kAllQueued);
  must(lab::UpdateSequence(package_, fresh_).all());
  EXPECT_EQ(queued(), kTheirs);
  vm_.reboot();
  expect_running("1.1.0");
}

TEST_F(QueuedDeletions, Of_the_settled_version_are_not_queued_again_by_an_undo) {
  must(lab::UpdateSequence(package_, fresh_).before(commands::Command::kInstall));
  queue(kAllQueued);
  must(commands::Command::kInstall, fresh_);
  with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh_);
  expect_running("1.0.0");
  EXPECT_EQ(queued(), kTheirs);
  vm_.reboot();
  expect_running("1.0.0");
}

TEST_F(QueuedDeletions, Of_others_make_no_enable_do_anything) {
  queue(kTheirs);
  must(commands::Command::kEnable);
  EXPECT_THAT(kinds(last_id()), testing::IsEmpty());
  EXPECT_EQ(queued(), kTheirs);
}

}  // namespace
}  // namespace engine
