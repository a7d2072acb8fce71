#include "actions/machine/paths.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

using machine::RegistryType;
using machine::RegistryValue;

constexpr const char* kKey = R"(HKLM\SOFTWARE\EbpfForWindowsContract\Deep\Er)";

TEST_P(RegistryContract, Values_of_every_type_come_back_as_they_were) {
  const std::vector<RegistryValue> values{{RegistryType::kString, "text"},
                                          {RegistryType::kExpandString, "%SystemRoot%\\x;"},
                                          {RegistryType::kBinary, "00ff10"},
                                          {RegistryType::kDword, "4294967295"},
                                          {RegistryType::kMultiString, "one\ntwo"},
                                          {RegistryType::kQword, "18446744073709551615"},
                                          {RegistryType::kString, ""}};
  for (const RegistryValue& value : values) {
    registry().set(kKey, "Value", value);
    EXPECT_EQ(registry().get(kKey, "Value"), value);
  }
  registry().remove_value(kKey, "Value");
}

TEST_P(RegistryContract, Keys_and_values_are_found_without_case) {
  const RegistryValue value{RegistryType::kString, "x"};
  registry().set(kKey, "Name", value);
  EXPECT_EQ(registry().get(R"(hklm\software\EBPFFORWINDOWSCONTRACT\deep\er)", "NAME"), value);
  registry().set(kKey, "NAME", {RegistryType::kDword, "1"});
  EXPECT_EQ(registry().get(kKey, "name")->data, "1");
  registry().remove_value(kKey, "nAme");
  EXPECT_FALSE(registry().get(kKey, "Name"));
}

TEST_P(RegistryContract, What_is_missing_is_nothing_and_removing_it_succeeds) {
  EXPECT_FALSE(registry().get(R"(HKLM\SOFTWARE\NoSuchKeyOfOurs)", "x"));
  registry().remove_value(R"(HKLM\SOFTWARE\NoSuchKeyOfOurs)", "x");
  registry().set(kKey, "", {RegistryType::kString, "default"});
  EXPECT_EQ(registry().get(kKey, "")->data, "default");
  EXPECT_FALSE(registry().get(kKey, "other"));
  registry().remove_value(kKey, "");
  registry().remove_value(kKey, "");
}

TEST_P(RegistryContract, A_subtree_is_listed_with_all_its_values_and_removed_from_below) {
  const std::string top = R"(HKLM\SOFTWARE\EbpfForWindowsContract\Tree)";
  EXPECT_TRUE(registry().subtree(top).empty());
  registry().remove_key(top);
  const RegistryValue value{RegistryType::kDword, "7"};
  registry().set(top + R"(\B\Deep)", "v", value);
  registry().set(top + R"(\a)", "", value);
  registry().set(top + R"(\a)", "Name", {RegistryType::kBinary, "00ff"});
  registry().set(top + "Beside", "v", value);
  const auto keys = registry().subtree(R"(hklm\software\EbpfForWindowsContract\TREE)");
  std::vector<std::string> names;
  for (const auto& key : keys)
    names.push_back(key.key);
  const std::string stored =
      answer(rule::kSoftwareKey, R"(HKLM\SOFTWARE)") + R"(\EbpfForWindowsContract\Tree)";
  EXPECT_EQ(names, (std::vector<std::string>{stored, stored + R"(\a)", stored + R"(\B)",
                                             stored + R"(\B\Deep)"}));
  ASSERT_EQ(keys.size(), 4U);
  EXPECT_TRUE(keys[0].values.empty());
  EXPECT_EQ(keys[1].values, (std::map<std::string, RegistryValue>{
                                {"", value}, {"Name", {RegistryType::kBinary, "00ff"}}}));
  EXPECT_EQ(keys[3].values, (std::map<std::string, RegistryValue>{{"v", value}}));

  EXPECT_EQ(code_of([&] { registry().remove_key(top + R"(\B)"); }), 5);
  for (const char* below : {R"(\B\Deep)", R"(\B)", R"(\A)", "", "Beside"})
    registry().remove_key(top + below);
  EXPECT_TRUE(registry().subtree(top).empty());
  EXPECT_FALSE(registry().get(top + R"(\a)", "Name"));
}

// As Windows Installer keeps its products: packed codes as the names of empty values, keys with
// braces and a version.
TEST_P(RegistryContract, Keys_as_Windows_Installer_writes_them_are_read) {
  const std::string top = R"(HKLM\SOFTWARE\EbpfForWindowsContract\Installer)";
  const std::string codes = top + R"(\UpgradeCodes\1BCACB6B278C9514BABC345A608650C6)";
  const std::string packed = "5B44C220969857B4D80B379FB8B10001";
  const std::string program = top + R"(\Uninstall\{022C44B5-8969-4B75-8DB0-73F98B1B1000})";
  registry().set(codes, packed, {RegistryType::kString, ""});
  registry().set(program, "DisplayVersion", {RegistryType::kString, "1.0.0"});
  registry().set(program, "Version", {RegistryType::kDword, "16777216"});
  ASSERT_EQ(registry().subtree(codes).size(), 1U);
  EXPECT_EQ(registry().subtree(codes)[0].values,
            (std::map<std::string, RegistryValue>{{packed, {RegistryType::kString, ""}}}));
  const auto programs = registry().subtree(top + R"(\Uninstall)");
  ASSERT_EQ(programs.size(), 2U);
  EXPECT_EQ(machine::file_name(programs[1].key), "{022C44B5-8969-4B75-8DB0-73F98B1B1000}");
  EXPECT_EQ(registry().get(programs[1].key, "DisplayVersion")->data, "1.0.0");
  EXPECT_EQ(registry().get(programs[1].key, "Version")->data, "16777216");
  for (const std::string& key :
       {codes, top + R"(\UpgradeCodes)", program, top + R"(\Uninstall)", top})
    registry().remove_key(key);
  EXPECT_TRUE(registry().subtree(top).empty());
}

TEST_P(RegistryContract, What_waits_for_the_boot_is_a_pair_that_can_be_taken_back) {
  constexpr const char* kQueueKey = R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager)";
  constexpr const char* kQueue = "PendingFileRenameOperations";
  const auto before = registry().get(kQueueKey, kQueue);
  const std::string earlier = before ? before->data + "\n" : "";
  files().write(path("waits"), "");
  files().remove_at_boot(path("waits"));
  const auto queued = registry().get(kQueueKey, kQueue);
  ASSERT_TRUE(queued);
  EXPECT_EQ(queued->type, RegistryType::kMultiString);
  EXPECT_EQ(queued->data, earlier + R"(\??\)" + path("waits") + "\n");

  const std::string rename = R"(\??\C:\a)"
                             "\n"
                             R"(!\??\C:\b)";
  registry().set(kQueueKey, kQueue, {RegistryType::kMultiString, queued->data + "\n" + rename});
  EXPECT_EQ(registry().get(kQueueKey, kQueue)->data, queued->data + "\n" + rename);
  registry().remove_value(kQueueKey, kQueue);
  EXPECT_FALSE(registry().get(kQueueKey, kQueue));
  if (before) registry().set(kQueueKey, kQueue, *before);
}

TEST_P(SystemContract, Time_goes_on_and_waiting_takes_it) {
  const auto utc = system().utc_ms();
  const auto monotonic = system().monotonic_ms();
  system().wait_ms(50);
  EXPECT_GE(system().utc_ms(), utc + 50);
  EXPECT_GE(system().monotonic_ms(), monotonic + 50);
}

TEST_P(SystemContract, The_machine_knows_itself) {
  EXPECT_FALSE(system().machine_id().empty());
  EXPECT_FALSE(system().boot_id().empty());
  EXPECT_EQ(system().boot_id(), system().boot_id());
  EXPECT_GE(system().os_build(), 17763);
  EXPECT_TRUE(system().architecture() == "x64" || system().architecture() == "arm64");
  for (const std::string& folder :
       {system().system_root(), system().program_files(), system().program_data()}) {
    ASSERT_TRUE(files().stat(folder)) << folder;
    EXPECT_EQ(files().stat(folder)->kind, machine::FileKind::kFolder);
  }
  system().flush();
  system().announce_environment();
}

}  // namespace
}  // namespace contract
