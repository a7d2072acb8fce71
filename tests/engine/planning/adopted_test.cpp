// F-21. eBPF that was there before the extension, in the version that the extension brings: it is
// used, and stays as it was found when the extension goes.
#include <filesystem>

#include "engine/commands/commands.h"
#include "engine/handler/plan_command.h"
#include "engine/planning/plan_text.h"
#include "engine/product/meta.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/lab/past_triggers.h"
#include "tests/world/furniture.h"
#include "tests/world/other_ebpf.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using testing::HasSubstr;

class Adopted : public Bench {
 protected:
  Adopted() : Bench({.gpa_depends = true}) {}

  void SetUp() override {
    world::put_ebpf(*vm_.home(), world::other_ebpf("1.0.0"));
    world::start(*vm_.home(), world::kProxy);
    vm_.reboot();  // what is there is durable
    before_ = vm_.snapshot();
    ASSERT_EQ(state("GuestProxyAgent"), "running");
  }

  void installed_and_enabled() const {
    must(Command::kInstall);
    must(Command::kEnable);
  }
  handler::Reply uninstalled() const {
    must(Command::kDisable);
    return must(Command::kUninstall);
  }
  void expect_before() const {
    EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
    expect_all_running();
  }
  std::optional<std::string> origin_of(const std::string& name) const {
    const journal::Reader reader(vm_.journal_path().string());
    for (const journal::Owned& row : reader.owned()) {
      if (row.name == name) return row.origin;
    }
    ADD_FAILURE() << "no row of " << name;
    return std::nullopt;
  }

  std::string before_;
};

TEST_F(Adopted, It_is_left_running_as_it_was_found) {
  installed_and_enabled();
  EXPECT_TRUE(vm_.snapshot_json().at("tasks").contains("eBpfTracingStartupTask"))
      << "what we add beside it";
  const handler::Reply reply = uninstalled();
  EXPECT_THAT(text(reply), HasSubstr("was there before the extension"));
  expect_before();
  vm_.reboot();
  expect_all_running();
}

TEST_F(Adopted, Without_a_disable_nothing_of_it_is_stopped) {
  installed_and_enabled();
  const std::uint32_t proxy = process("GuestProxyAgent");
  must(Command::kUninstall);
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  expect_before();
}

TEST_F(Adopted, Journal_plan_and_status_say_so) {
  handler::Request request = lab::Vm::request(Command::kInstall, package_);
  const auto plan = handler::show_plan(*vm_.machine(), request);
  EXPECT_THAT(plan.text, HasSubstr("Adopting what was there"));
  EXPECT_EQ(plan.json.at("origin"), "unknown");
  installed_and_enabled();
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    EXPECT_EQ(origin_of(name), journal::kAdopted) << name;
  EXPECT_EQ(origin_of("eBpfTracingStartupTask"), std::nullopt);
  const auto again = handler::show_plan(*vm_.machine(), request);
  EXPECT_EQ(again.json.at("origin"), "adopted");
  EXPECT_THAT(again.text, HasSubstr("What is there: adopted"));
  EXPECT_THAT(package_.log(), HasSubstr("Adopting what was there"));
  EXPECT_THAT(package_.status(0).dump(), HasSubstr("adopted: they were there before"));
}

TEST_F(Adopted, Start_types_go_back_to_what_they_were) {
  behind([](machine::Machine& m) {
    auto config = *m.services().config("NetEbpfExt");
    config.start = machine::StartType::kDemand;
    m.services().change("NetEbpfExt", config);
  });
  before_ = vm_.snapshot();
  installed_and_enabled();
  EXPECT_EQ(start_type("NetEbpfExt"), "automatic");
  uninstalled();
  expect_before();
}

TEST_F(Adopted, A_file_that_was_restored_with_the_same_bytes_stays) {
  const std::string whole = before_;
  vm_.remove(R"(C:\Program Files\ebpf-for-windows\bpftool.exe)");
  installed_and_enabled();
  uninstalled();
  before_ = whole;
  expect_before();
}

TEST_F(Adopted, A_service_that_only_we_registered_goes) {
  world::stop(*vm_.home(), world::kEbpfService);
  world::remove_service(*vm_.home(), world::kEbpfService);
  before_ = vm_.snapshot();
  installed_and_enabled();
  EXPECT_EQ(state("eBPFSvc"), "running");
  uninstalled();
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
}

TEST_F(Adopted, A_repair_leaves_it_adopted) {
  installed_and_enabled();
  vm_.remove(R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)");
  must(Command::kEnable);
  must(Command::kInstall);
  uninstalled();
  expect_before();
}

TEST_F(Adopted, Once_somebody_has_removed_it_enable_installs_its_own_and_uninstall_removes_that) {
  installed_and_enabled();
  world::take_ebpf(*vm_.home(), world::other_ebpf("1.0.0"));
  must(Command::kEnable);
  expect_all_running();
  EXPECT_EQ(origin_of("EbpfCore"), std::nullopt);
  uninstalled();
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Adopted, What_an_update_replaced_is_ours) {
  installed_and_enabled();
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).all());
  EXPECT_EQ(origin_of("EbpfCore"), std::nullopt);
  must(Command::kDisable, fresh);
  must(Command::kUninstall, fresh);
  EXPECT_EQ(state("EbpfCore"), "");
  EXPECT_FALSE(fs::exists(installed("")));
}

TEST_F(Adopted, An_undone_update_leaves_it_adopted) {
  installed_and_enabled();
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).before(Command::kEnable));
  with_fault(Command::kEnable, "services.start#2:fail=577", fresh);
  EXPECT_EQ(origin_of("EbpfCore"), journal::kAdopted);
  uninstalled();
  expect_before();
}

TEST_F(Adopted, Of_an_older_version_it_is_replaced_and_ours) {
  world::put_ebpf(*vm_.home(), world::other_ebpf("0.10.0"));
  installed_and_enabled();
  expect_all_running();
  EXPECT_EQ(origin_of("EbpfCore"), std::nullopt);
  uninstalled();
  EXPECT_EQ(state("EbpfCore"), "");
}

// A program of an earlier schema writes no origin: its rows are ours.
TEST_F(Adopted, Rows_of_an_older_program_are_ours) {
  installed_and_enabled();
  lab::change_past_triggers(vm_.journal_path().string(), "UPDATE owned SET origin = NULL");
  uninstalled();
  EXPECT_EQ(state("EbpfCore"), "");
}

TEST_F(Adopted, Behind_a_journal_with_a_damaged_row_it_is_left_too) {
  installed_and_enabled();
  must(Command::kDisable);
  lab::change_past_triggers(vm_.journal_path().string(),
                            "UPDATE owned SET version = '9' WHERE name = 'EbpfCore'");
  must(Command::kUninstall);
  EXPECT_EQ(journals_set_aside(), 1);
  expect_all_running();
  EXPECT_TRUE(has("ebpfapi.dll"));
}

class GoesUnderProxy : public Bench {};

TEST_F(GoesUnderProxy, Uninstall_says_what_GuestProxyAgent_loses) {
  enabled();
  const handler::Reply reply = must(Command::kUninstall);
  const std::string loss =
      "GuestProxyAgent depends on EbpfCore, NetEbpfExt: without eBPF it runs on, but no longer "
      "guards the VM's connections to the metadata services of its host.";
  EXPECT_THAT(reply.lines, testing::Contains(HasSubstr(loss)));
  EXPECT_THAT(package_.log(), HasSubstr(loss));
}

TEST_F(GoesUnderProxy, Of_a_proxy_that_depends_on_nothing_it_says_nothing) {
  must(Command::kInstall);
  EXPECT_THAT(text(must(Command::kUninstall)), testing::Not(HasSubstr("without eBPF")));
}

// The platform had another version there, which somebody has removed since.
TEST_F(GoesUnderProxy,
       What_is_gone_and_no_part_of_the_version_leaves_its_dependencies_until_it_comes) {
  const lab::Package older = package("0.10.0");
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt,eBPFSvc"});
  must(Command::kInstall, older);
  must(Command::kEnable, older);
  EXPECT_EQ(service("GuestProxyAgent").at("depends"),
            (std::vector<std::string>{"EbpfCore", "NetEbpfExt"}));
  vm_.reboot();
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  must(lab::UpdateSequence(older, package_).all());
  EXPECT_EQ(service("GuestProxyAgent").at("depends"),
            (std::vector<std::string>{"EbpfCore", "NetEbpfExt", "eBPFSvc"}));
}

}  // namespace
}  // namespace engine
