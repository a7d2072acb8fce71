#include "actions/machine/data_collectors.h"
#include "tests/machine/simulated_vm.h"

namespace {

using machine::RegistryType;
using machine::ServiceConfig;
using machine::StartType;

constexpr const char* kFolder = R"(C:\Folder)";
constexpr const char* kFile = R"(C:\Folder\file)";
constexpr const char* kKey = R"(HKLM\SOFTWARE\Test)";

class PowerCut : public SimulatedVmInEachForm {
 protected:
  void sync(const std::vector<std::string>& paths) { files().sync(paths); }
  bool exists(const std::string& path) { return files().stat(path).has_value(); }
  std::string content(const std::string& path) { return files().read(path, 1000); }
};

TEST_P(PowerCut, Seed_0_takes_all_that_was_not_made_durable) {
  services().create("Kept", driver("core"));
  registry().set(kKey, "kept", {RegistryType::kString, "old"});
  files().create_folder(kFolder);
  files().write(kFile, "old");
  sync({kFile, kFolder, R"(C:\Windows\System32\drivers\core.sys)"});
  system().flush();
  const std::string before = snapshot();

  ServiceConfig changed = services().config("Kept").value();
  changed.start = StartType::kDisabled;
  services().change("Kept", changed);
  services().create("New", driver("core"));
  registry().set(kKey, "kept", {RegistryType::kString, "new"});
  registry().set(kKey, "new", {RegistryType::kDword, "1"});
  files().rename(kFile, R"(C:\Folder\renamed)");
  files().remove(R"(C:\Folder\renamed)");
  files().create_folder(R"(C:\Folder\sub)");
  files().write(R"(C:\Folder\sub\x)", "x");
  files().set_readonly(R"(C:\Windows\System32\netsh.exe)", true);
  files().remove_at_boot(R"(C:\Windows\System32\netsh.exe)");
  EXPECT_NE(snapshot(), before);
  cut_power(0);
  EXPECT_EQ(snapshot(), before);
}

TEST_P(PowerCut, Seed_1_takes_nothing) {
  services().create("New", driver("core"));
  registry().set(kKey, "new", {RegistryType::kDword, "1"});
  files().create_folder(kFolder);
  files().write(kFile, "new");
  const std::string before = snapshot();
  cut_power(1);
  EXPECT_EQ(snapshot(), before);
}

TEST_P(PowerCut, An_orderly_reboot_takes_nothing) {
  services().create("New", driver("core"));
  files().create_folder(kFolder);
  files().write(kFile, "new");
  const std::string before = snapshot();
  reboot();
  EXPECT_EQ(snapshot(), before);
}

TEST_P(PowerCut, A_deleted_service_comes_back_unless_the_machine_was_flushed) {
  services().create("Core", driver("core"));
  system().flush();
  services().remove("Core");
  cut_power(0);
  EXPECT_TRUE(services().config("Core"));
  services().remove("Core");
  system().flush();
  cut_power(0);
  EXPECT_FALSE(services().config("Core"));
}

TEST_P(PowerCut, A_task_is_as_it_was_at_the_last_flush) {
  tasks().put(R"(\Kept)", "<Task>1</Task>");
  tasks().put("Removed", "<Task>1</Task>");
  system().flush();
  const std::string before = snapshot();
  tasks().put(R"(\kept)", "<Task>2</Task>");
  tasks().set_enabled("Kept", false);
  tasks().remove("Removed");
  tasks().put("New", "<Task/>");
  cut_power(0);
  EXPECT_EQ(snapshot(), before);
  tasks().remove("Removed");
  cut_power(1);
  EXPECT_FALSE(tasks().get("Removed"));
}

TEST_P(PowerCut, A_data_collector_set_is_as_it_was_at_the_last_flush_and_does_not_run) {
  machine().data_collectors().put("Kept", "<DataCollectorSet/>");
  machine().data_collectors().start("Kept");
  system().flush();
  machine().data_collectors().stop("Kept");
  machine().data_collectors().remove("Kept");
  machine().data_collectors().put("New", "<DataCollectorSet/>");
  cut_power(0);
  const auto kept = machine().data_collectors().get("kept");
  ASSERT_TRUE(kept);
  EXPECT_FALSE(kept->running);
  EXPECT_FALSE(machine().data_collectors().get("New"));
}

TEST_P(PowerCut, A_removed_registry_key_comes_back_with_its_values_unless_flushed) {
  registry().set(kKey, "a", {RegistryType::kString, "1"});
  registry().set(kKey, "b", {RegistryType::kDword, "2"});
  system().flush();
  const std::string before = snapshot();
  registry().remove_key(kKey);
  EXPECT_NE(snapshot(), before);
  cut_power(0);
  EXPECT_EQ(snapshot(), before);
  registry().remove_key(kKey);
  system().flush();
  cut_power(0);
  EXPECT_TRUE(registry().subtree(kKey).empty());
}

TEST_P(PowerCut, Content_that_was_not_synced_is_lost_though_its_entry_is_durable) {
  files().write(R"(C:\Windows\Temp\a)", "content");
  sync({R"(C:\Windows\Temp)"});
  cut_power(0);
  ASSERT_TRUE(exists(R"(C:\Windows\Temp\a)"));
  EXPECT_EQ(content(R"(C:\Windows\Temp\a)"), "");
}

TEST_P(PowerCut, Content_that_was_not_synced_is_lost_also_after_a_rename_and_a_flush) {
  files().write(R"(C:\Windows\Temp\a)", "content");
  files().rename(R"(C:\Windows\Temp\a)", R"(C:\Windows\Temp\b)");
  system().flush();
  cut_power(0);
  EXPECT_EQ(content(R"(C:\Windows\Temp\b)"), "");
}

TEST_P(PowerCut, Synced_content_stays_where_its_entry_is_durable) {
  files().write(R"(C:\Windows\Temp\a)", "content");
  sync({R"(C:\Windows\Temp\a)", R"(C:\Windows\Temp)"});
  cut_power(0);
  EXPECT_EQ(content(R"(C:\Windows\Temp\a)"), "content");
}

TEST_P(PowerCut, A_synced_file_in_an_unsynced_folder_is_lost) {
  files().write(R"(C:\Windows\Temp\a)", "content");
  sync({R"(C:\Windows\Temp\a)"});
  cut_power(0);
  EXPECT_FALSE(exists(R"(C:\Windows\Temp\a)"));
}

TEST_P(PowerCut, Renames_are_lost_in_order_only) {
  files().create_folder(kFolder);
  for (int i = 0; i < 8; ++i) {
    files().write(std::string(kFolder) + "\\" + std::to_string(i), "x");
    sync({std::string(kFolder) + "\\" + std::to_string(i)});
  }
  sync({kFolder});
  for (int i = 0; i < 8; ++i) {
    const std::string name = std::string(kFolder) + "\\" + std::to_string(i);
    files().rename(name, name + ".moved");
  }
  bool some_part = false;
  for (std::uint64_t seed = 2; seed < 12; ++seed) {
    VmInForm copy(vm());
    copy.cut_power(seed);
    machine::Files& cut = copy.machine().files();
    bool lost = false;
    int moved = 0;
    for (int i = 0; i < 8; ++i) {
      const std::string name = std::string(kFolder) + "\\" + std::to_string(i);
      const bool is_moved = cut.stat(name + ".moved").has_value();
      EXPECT_NE(is_moved, cut.stat(name).has_value());
      EXPECT_FALSE(is_moved && lost) << "rename " << i << " survived an earlier one, seed " << seed;
      lost = lost || !is_moved;
      moved += is_moved ? 1 : 0;
    }
    some_part = some_part || (moved > 0 && moved < 8);
  }
  EXPECT_TRUE(some_part);
}

TEST_P(PowerCut, Syncing_a_folder_makes_everything_before_its_last_change_durable) {
  files().create_folder(R"(C:\A)");
  files().create_folder(R"(C:\B)");
  sync({R"(C:\B)"});
  cut_power(0);
  EXPECT_TRUE(exists(R"(C:\A)"));
  EXPECT_TRUE(exists(R"(C:\B)"));
}

TEST_P(PowerCut, Equal_seeds_do_equal_things_and_others_do_others) {
  for (int i = 0; i < 12; ++i) {
    registry().set(kKey, std::to_string(i), {RegistryType::kDword, "1"});
    files().write(R"(C:\Windows\Temp\)" + std::to_string(i), "content");
  }
  const auto cut = [&](std::uint64_t seed) {
    const VmInForm copy(vm());
    copy.cut_power(seed);
    return copy.snapshot();
  };
  EXPECT_EQ(cut(7), cut(7));
  EXPECT_NE(cut(7), cut(8));
}

TEST_P(PowerCut, What_the_journal_writes_by_the_hosts_means_is_not_touched) {
  files().create_private_folder(R"(C:\ProgramData\EbpfForWindows)");
  lab::write_file(files().native_path(R"(C:\ProgramData\EbpfForWindows\journal.db)"), "rows");
  cut_power(0);
  EXPECT_EQ(content(R"(C:\ProgramData\EbpfForWindows\journal.db)"), "rows");
}

TEST_P(PowerCut, What_was_deleted_for_good_leaves_nothing_of_the_VM) {
  const auto home = vm().home();
  const std::string& drive = home->drive().root();
  const std::string graveyard = drive.substr(0, drive.rfind('/')) + "/graveyard";
  files().write(R"(C:\Windows\Temp\a)", "x");
  files().remove(R"(C:\Windows\Temp\a)");
  EXPECT_FALSE(home->drive().tree().names(graveyard).empty());
  system().flush();
  EXPECT_FALSE(home->drive().tree().look(graveyard));
}

EBPF_IN_EACH_FORM(PowerCut);

}  // namespace
