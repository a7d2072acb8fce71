#include <sys/stat.h>

#include <fstream>
#include <set>

#include "json/json.h"
#include "tests/machine/simulated_vm.h"

namespace {

using machine::RegistryType;
using machine::ServiceConfig;
using nlohmann::json;

class Snapshot : public SimulatedVmInEachForm {
 protected:
  json parsed() const { return json::parse(snapshot()); }
  // Changes what machine.json holds, for what the interface cannot change.
  void edit(const std::function<void(json&)>& change) {
    const auto home = vm().home();
    machine::simulated::Access access(*home);
    json all = to_json(access.state());
    change(all);
    access.state() = machine::simulated::machine_state_from_json(all);
    access.changed();
  }

  // The snapshot is another one than at the last question.
  void differs(const std::string& what) {
    const std::string now = snapshot();
    EXPECT_NE(now, last_) << what;
    last_ = now;
  }

  // Each change is a single one, and followed by that question.
  void change_a_service();
  void change_files();
  void change_the_registry();
  void change_a_task();

 private:
  std::string last_;
};

TEST_P(Snapshot, Equal_machines_give_equal_bytes) {
  const VmInForm other(GetParam());
  EXPECT_EQ(other.snapshot(), snapshot());
  system().wait_ms(100'000);
  EXPECT_EQ(other.snapshot(), snapshot());
}

TEST_P(Snapshot, It_has_the_agreed_members_and_form) {
  services().create("Core", driver("core"));
  files().remove_at_boot(R"(C:\Windows\System32\netsh.exe)");
  const json all = parsed();
  std::set<std::string> members;
  for (const auto& [name, value] : all.items())
    members.insert(name);
  EXPECT_EQ(members, (std::set<std::string>{"files", "services", "registry", "path", "netsh",
                                            "tasks", "pending_reboot"}));
  EXPECT_EQ(all["services"]["Core"].size(), 8U);
  EXPECT_EQ(all["files"][R"(C:\Windows\System32\drivers\core.sys)"].size(), 3U);
  EXPECT_EQ(all["pending_reboot"].size(), 1U);
  EXPECT_EQ(snapshot(), all.dump(2) + "\n");
}

void Snapshot::change_a_service() {
  ServiceConfig config = driver("core");
  services().create("Core", config);
  config = services().config("Core").value();
  differs("a service");
  const auto change = [&](const std::string& what, auto set_field) {
    set_field();
    services().change("Core", config);
    differs(what);
  };
  change("start", [&] { config.start = machine::StartType::kDisabled; });
  change("image", [&] { config.image += "x"; });
  change("account", [&] { config.account = "x"; });
  change("sid_type", [&] { config.sid_type = machine::SidType::kRestricted; });
  change("depends", [&] { config.depends_on = {"X"}; });
  change("display", [&] { config.display = "x"; });
  edit([](json& all) { all["services"]["core"]["config"]["type"] = 16; });
  differs("type");
  edit([](json& all) { all["services"]["core"]["state"] = 4; });
  differs("state");
}

void Snapshot::change_files() {
  const std::string file = R"(C:\Windows\Temp\a)";
  files().write(file, "a");
  differs("a file");
  files().write(file, "b");
  differs("content of equal size");
  files().set_readonly(file, true);
  differs("read-only");
  files().rename(file, R"(C:\Windows\Temp\A)");
  differs("the case of a name");
}

void Snapshot::change_the_registry() {
  registry().set(R"(HKLM\SOFTWARE\X)", "v", {RegistryType::kString, "1"});
  differs("a value");
  registry().set(R"(HKLM\SOFTWARE\X)", "v", {RegistryType::kString, "2"});
  differs("its data");
  registry().set(R"(HKLM\SOFTWARE\X)", "v", {RegistryType::kDword, "2"});
  differs("its type");
  registry().set(R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)", "PATH",
                 {RegistryType::kExpandString, "x"});
  differs("the path");
  registry().set(R"(HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment)", "PATH",
                 {RegistryType::kString, "x"});
  differs("the type of the path");
  registry().set(R"(HKLM\SOFTWARE\Microsoft\NetSh)", "ebpfnetsh.dll",
                 {RegistryType::kString, "ebpfnetsh.dll"});
  differs("a netsh helper");
}

void Snapshot::change_a_task() {
  edit([](json& all) { all["tasks"]["T"] = {{"xml", "<Task/>"}, {"enabled", true}}; });
  differs("a task");
  edit([](json& all) { all["tasks"]["T"]["xml"] = "<Task />"; });
  differs("its XML");
  edit([](json& all) { all["tasks"]["T"]["enabled"] = false; });
  differs("whether it is enabled");
}

TEST_P(Snapshot, It_differs_after_each_single_change) {
  change_a_service();
  change_files();
  change_the_registry();
  change_a_task();
  files().remove_at_boot(R"(C:\Windows\System32\netsh.exe)");
  differs("what waits for the boot");
  vm().put_link(R"(C:\Windows\Temp\link)", "a");
  differs("a link");
}

TEST_P(Snapshot, It_leaves_out_what_differs_between_equal_machines) {
  const std::string before = snapshot();
  files().create_private_folder(R"(C:\ProgramData\EbpfForWindows)");
  files().write(R"(C:\ProgramData\EbpfForWindows\journal.db)", "rows");
  vm().put_file(R"(C:\WindowsAzure\ProxyAgent\Logs\status.json)", "{}");
  set("service:Core", {"start-hangs"});
  set("disk", {"full-at=1"});
  EXPECT_EQ(snapshot(), before);
}

EBPF_IN_EACH_FORM(Snapshot);

// A snapshot of the equal machine in each form: neither form shows.
TEST(SnapshotOfBothForms, Is_equal) {
  EXPECT_EQ(VmInForm(Form::kFolder).snapshot(), VmInForm(Form::kMemory).snapshot());
}

class SnapshotOfAFolder : public SimulatedVmFolder {};

TEST_F(SnapshotOfAFolder, Leaves_out_the_VM_Agents_folders_and_shows_what_is_edited_by_hand) {
  const std::string before = snapshot();
  std::filesystem::create_directories(folder() + "/agent/status");
  lab::write_file(folder() + "/agent/status/0.status", "[]");
  EXPECT_EQ(snapshot(), before);
  const std::string file = folder() + "/machine.json";
  json all = json::parse(lab::read_file(file));
  all["tasks"]["T"] = {{"xml", "<Task/>"}, {"enabled", true}};
  lab::write_file(file, all.dump());
  EXPECT_NE(snapshot(), before);
}

}  // namespace
