// The VM Agent's call sequences with the real program on real services, judged from outside.
#include <chrono>
#include <filesystem>
#include <future>

#include "tests/lifecycle/bench.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Lifecycle : public testing::Test, protected Bench {
 protected:
  static int folders_in(const fs::path& folder) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_directory()) ++count;
    return count;
  }
};

TEST_F(Lifecycle, Installed_and_enabled_everything_runs_and_uninstalled_nothing_is_left) {
  const std::string version = package("0.9.1");
  const std::string before = snapshot();
  succeeds(vm_agent_.install(version));
  expect_installed(version);
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  EXPECT_EQ(vm_agent_.status(version).value("status", ""), "success") << vm_agent_.status(version);
  EXPECT_THAT(vm_agent_.log(version), HasSubstr("enable committed"));

  succeeds(vm_agent_.call(version, "disable"));
  EXPECT_EQ(vm_.state("EbpfCore"), "STOPPED");
  EXPECT_EQ(vm_.state("NetEbpfExt"), "STOPPED");
  succeeds(vm_agent_.call(version, "uninstall"));
  EXPECT_TRUE(lab::same_machine(before, snapshot()));
}

TEST_F(Lifecycle, An_update_of_running_drivers_replaces_them_without_a_reboot) {
  const std::string old = package("0.9.1");
  const std::string fresh = package("0.10.0");
  succeeds(vm_agent_.install(old));
  vm_agent_.next_sequence();
  succeeds(vm_agent_.update(old, fresh));
  expect_installed(fresh);
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  EXPECT_EQ(vm_agent_.status(fresh).value("status", ""), "success") << vm_agent_.status(fresh);
}

TEST_F(Lifecycle, An_update_whose_driver_does_not_start_gives_back_what_was_before) {
  const std::string old = package("0.9.1", kHandlerWithFaults);
  const std::string fresh = package("0.10.0", kHandlerWithFaults);
  succeeds(vm_agent_.install(old));
  const std::string before = snapshot();
  for (const Behaviour behaviour :
       {Behaviour::kEntryFails, Behaviour::kEntryCrashes, Behaviour::kEntryHangs}) {
    vm_.behave("NetEbpfExt", behaviour, "0.10.0");
    vm_agent_.next_sequence();
    fails(vm_agent_.update(old, fresh), 1013);
    EXPECT_TRUE(lab::same_machine(before, snapshot())) << static_cast<int>(behaviour);
    expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
    EXPECT_EQ(vm_agent_.status(fresh).value("status", ""), "error");
    package("0.9.1", kHandlerWithFaults);
  }
}

TEST_F(Lifecycle, eBPFSvc_is_updated_and_started_with_its_drivers) {
  const std::string old = package("1.0.0", kHandlerWithFaults);
  const std::string fresh = package("1.1.0", kHandlerWithFaults);
  succeeds(vm_agent_.install(old));
  expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
  vm_agent_.next_sequence();
  succeeds(vm_agent_.update(old, fresh));
  expect_installed(fresh);
  expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
}

// What 1.0.0 has and 0.9.1 had not, eBPFSvc, runs as the rest does: the list is its package's.
TEST_F(Lifecycle, An_update_to_a_version_that_brings_eBPFSvc_leaves_every_component_running) {
  const std::string old = package("0.9.1");
  const std::string fresh = package("1.0.0");
  succeeds(vm_agent_.install(old));
  vm_agent_.next_sequence();
  succeeds(vm_agent_.update(old, fresh));
  EXPECT_EQ(vm_agent_.status(fresh).value("status", ""), "success") << vm_agent_.status(fresh);
  expect_installed(fresh);
  for (const auto& [service, image] : {std::pair("EbpfCore", R"(\drivers\eBPFCore.sys)"),
                                       std::pair("NetEbpfExt", R"(\drivers\NetEbpfExt.sys)"),
                                       std::pair("eBPFSvc", R"(\ebpfsvc.exe)")}) {
    SCOPED_TRACE(service);
    EXPECT_EQ(vm_.state(service), "RUNNING");
    const std::string key =
        vm_.registry(R"(HKLM\SYSTEM\CurrentControlSet\Services\)" + std::string(service));
    EXPECT_THAT(key, HasSubstr(R"(C:\Program Files\ebpf-for-windows)" + std::string(image)));
    EXPECT_THAT(key, HasSubstr("    Start    REG_DWORD    0x2\n"));
  }
  EXPECT_EQ(vm_.state("GuestProxyAgent"), "RUNNING");
}

// Keeps a library of the installation loaded while it lives.
class Holder {
 public:
  Holder(const WineVm& vm, const std::string& library)
      : mark_(vm.drive("held")), run_(std::async(std::launch::async, [&vm, library] {
          vm.ask({"hold", library, R"(C:\held)"});
        })) {
    while (!fs::exists(mark_)) {
      if (run_.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready) continue;
      run_.get();  // throws what it ended with
      throw BenchError(library + " is not held");
    }
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    std::error_code ignored;
    fs::remove(mark_, ignored);
    try {
      run_.get();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }

 private:
  fs::path mark_;
  std::future<void> run_;
};

TEST_F(Lifecycle, A_library_that_somebody_has_loaded_is_replaced_and_goes_once_it_is_released) {
  const std::string old = package("0.9.1", kHandlerWithFaults);
  const std::string fresh = package("0.10.0", kHandlerWithFaults);
  succeeds(vm_agent_.install(old));
  const fs::path journal_folder = vm_.drive(kJournalFolder);
  {
    const Holder holder(vm_, R"(C:\Program Files\ebpf-for-windows\ebpfapi.dll)");
    vm_agent_.next_sequence();
    const Call last = vm_agent_.update(old, fresh);
    succeeds(last);
    expect_installed(fresh);
    expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
    EXPECT_EQ(folders_in(journal_folder), 1) << "the old file is held";
    EXPECT_THAT(last.ended.out, HasSubstr("goes at the next boot (files: 1)"));
  }
  succeeds(vm_agent_.call(fresh, "enable"));
  EXPECT_THAT(vm_agent_.log(fresh), HasSubstr("goes at the next boot (files: 1)"));
  EXPECT_EQ(folders_in(journal_folder), 0);
}

TEST_F(Lifecycle, After_a_reboot_everything_runs_and_enable_has_nothing_to_do) {
  const std::string version = package("0.10.0", kHandlerWithFaults);
  succeeds(vm_agent_.install(version));
  vm_.reboot();
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  const Call again = vm_agent_.call(version, "enable");
  succeeds(again);
  EXPECT_THAT(again.ended.out, HasSubstr("nothing to do"));
}

}  // namespace
}  // namespace lifecycle
