#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/registry/take_back_deletions.h"
#include "tests/actions/harness.h"

namespace actions::testing {
namespace {

using machine::RegistryType;
using machine::RegistryValue;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kQueueKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
constexpr const char* kQueue = "PendingFileRenameOperations";
constexpr const char* kSecond = "PendingFileRenameOperations2";
const std::string kOurs = R"(C:\Program Files\ebpf-for-windows\drivers\eBPFCore.sys)";
const std::string kOursToo = R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)";
const std::string kDeletion = R"(\??\c:\program files\EBPF-for-Windows\drivers\ebpfcore.sys)";
const std::string kOfAcme = R"(\??\C:\Acme\old.dll)";

std::unique_ptr<Action> queue_cleared(TestVm& /*vm*/) {
  return std::make_unique<registry::TakeBackDeletions>(std::vector<std::string>{kOurs, kOursToo});
}

// Sources and targets in turn; the value's text has a line for each.
std::string lines(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths)
    text += (&path == &paths.front() ? "" : "\n") + path;
  return text;
}
void queue(TestVm& vm, const char* name, const std::vector<std::string>& paths) {
  vm.registry().set(kQueueKey, name, {RegistryType::kMultiString, lines(paths)});
}
std::string queued(TestVm& vm, const char* name = kQueue) {
  const auto value = vm.registry().get(kQueueKey, name);
  return value ? value->data : "none";
}

class TakingBack : public ::testing::Test {
 protected:
  Json apply() {
    before_ = action_->capture(vm_.machine());
    return action_->apply(vm_.machine(), before_, vm_.in(kEnoughMs));
  }
  UndoResult undo() { return action_->undo(vm_.machine(), before_, nullptr, vm_.in(kEnoughMs)); }

  TestVm vm_;
  std::unique_ptr<Action> action_ = queue_cleared(vm_);
  Json before_;
};

TEST_F(TakingBack, What_deletes_moves_or_replaces_a_path_goes_and_all_else_keeps_its_order) {
  queue(vm_, kQueue,
        {kOfAcme, "", kDeletion, "", R"(\??\C:\Acme\b)", R"(!\??\C:\Acme\c)", R"(\??\C:\Acme\d)",
         R"(!\??\)" + kOursToo, R"(*1\??\)" + kOursToo, R"(\??\C:\Acme\e)", kDeletion + "2", ""});
  apply();
  EXPECT_EQ(queued(vm_),
            lines({kOfAcme, "", R"(\??\C:\Acme\b)", R"(!\??\C:\Acme\c)", kDeletion + "2", ""}));
}

TEST_F(TakingBack, The_queue_of_which_nothing_remains_is_no_value_any_more) {
  queue(vm_, kQueue, {kDeletion, ""});
  queue(vm_, kSecond, {R"(\??\)" + kOursToo, R"(\??\C:\Acme\x)"});
  apply();
  EXPECT_EQ(queued(vm_), "none");
  EXPECT_EQ(queued(vm_, kSecond), "none");
}

// As some installers write it, with a path that is none and without a last target.
TEST_F(TakingBack, An_odd_list_keeps_every_character_of_others) {
  queue(vm_, kSecond, {"", "", "no path", "\xc3\xa9", R"(\??\)" + kOurs, "", R"(\??\C:\Acme\f)"});
  apply();
  EXPECT_EQ(queued(vm_, kSecond), lines({"", "", "no path", "\xc3\xa9", R"(\??\C:\Acme\f)"}));
  vm_.registry().set(kQueueKey, kSecond, {RegistryType::kString, kDeletion});
  apply();
  EXPECT_EQ(queued(vm_, kSecond), kDeletion) << "no list: the session manager reads none";
}

TEST_F(TakingBack, The_boot_leaves_the_files_alone_then) {
  vm_.put(kOurs, "driver");
  vm_.files().remove_at_boot(kOurs);
  vm_.put(R"(C:\Acme\old.dll)", "theirs");
  vm_.files().remove_at_boot(R"(C:\Acme\old.dll)");
  queue(vm_, kSecond, {kDeletion, ""});
  apply();
  vm_.system().flush();
  vm_.power_cut(0);
  EXPECT_TRUE(vm_.exists(kOurs));
  EXPECT_FALSE(vm_.exists(R"(C:\Acme\old.dll)"));
}

TEST_F(TakingBack, Without_a_flush_a_power_cut_brings_the_queue_back) {
  vm_.put(kOurs, "driver");
  vm_.files().remove_at_boot(kOurs);
  vm_.system().flush();
  apply();
  vm_.power_cut(0);
  EXPECT_FALSE(vm_.exists(kOurs));
}

TEST_F(TakingBack, Undo_never_queues_the_deletion_of_a_file_that_is_there) {
  queue(vm_, kQueue, {kDeletion, "", kOfAcme, "", R"(\??\)" + kOursToo, ""});
  apply();
  vm_.put(kOurs, "the settled version's");
  EXPECT_THAT(undo().foreign, IsEmpty());
  EXPECT_EQ(queued(vm_), lines({kOfAcme, "", R"(\??\)" + kOursToo, ""}));
}

TEST_F(TakingBack, Undo_keeps_what_others_queued_meanwhile) {
  queue(vm_, kQueue, {kDeletion, "", kOfAcme, ""});
  apply();
  queue(vm_, kQueue, {kOfAcme, "", R"(\??\C:\Acme\new)", ""});
  EXPECT_THAT(undo().foreign, IsEmpty());
  EXPECT_EQ(queued(vm_), lines({kDeletion, "", kOfAcme, "", R"(\??\C:\Acme\new)", ""}));
}

TEST_F(TakingBack, Undo_behind_a_boot_queues_nothing) {
  queue(vm_, kQueue, {kDeletion, ""});
  apply();
  vm_.reboot();
  EXPECT_THAT(undo().foreign, IsEmpty());
  EXPECT_EQ(queued(vm_), "none");
}

TEST_F(TakingBack, Its_sentence_names_the_paths) {
  EXPECT_THAT(action_->sentence(), HasSubstr(kOurs + ", " + kOursToo));
}

TEST(QueuedPaths, Are_those_on_which_either_queue_works) {
  TestVm vm;
  const std::vector<std::string> paths{kOurs, kOursToo, R"(C:\Program Files\ebpf-for-windows)"};
  EXPECT_THAT(registry::queued_paths(vm.machine(), paths), IsEmpty());
  queue(vm, kQueue, {R"(\??\C:\Program Files\ebpf-for-windows\)", ""});
  queue(vm, kSecond, {kDeletion, ""});
  EXPECT_THAT(registry::queued_paths(vm.machine(), paths), ElementsAre(paths[0], paths[2]));
}

}  // namespace

std::vector<Scenario> take_back_deletions_scenarios() {
  return {{.name = "take_back_deletions_of_one_queue_among_others",
           .prepare =
               [](TestVm& vm) {
                 queue(vm, kQueue, {kOfAcme, "", kDeletion, ""});
               },
           .action = queue_cleared,
           .interfere = [](TestVm& vm) { vm.registry().remove_value(kQueueKey, kQueue); },
           .is_left = [](TestVm& vm) { return queued(vm) == "none"; }},
          {.name = "take_back_deletions_of_both_queues",
           .prepare =
               [](TestVm& vm) {
                 queue(vm, kQueue, {kDeletion, ""});
                 queue(vm, kSecond, {R"(\??\)" + kOursToo, R"(\??\C:\Acme\x)", kOfAcme, ""});
               },
           .action = queue_cleared},
          {.name = "take_back_deletions_where_nothing_is_queued",
           .prepare =
               [](TestVm& vm) {
                 queue(vm, kQueue, {kOfAcme, ""});
               },
           .action = queue_cleared,
           .changes_nothing = true}};
}

}  // namespace actions::testing
