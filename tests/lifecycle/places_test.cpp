// Installations and packages in unusual places, and ImagePath in every form.
#include <filesystem>

#include "tests/lifecycle/bench.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LifecyclePlaces : public testing::Test, protected Bench {
 protected:
  // An older version that somebody else has put into `folder` (relative to C:) and registered as
  // `image`; a quote at its beginning is closed at its end. It runs where such a driver starts.
  void install_by_hand(const std::string& folder, const std::string& image) {
    fs::create_directories(vm_.drive(folder));
    fs::copy(vm_agent_.package(old_) / "bin", vm_.drive(folder), fs::copy_options::recursive);
    for (const std::string name : {"EbpfCore", "NetEbpfExt"}) {
      const std::string file = name == "EbpfCore" ? "eBPFCore.sys" : "NetEbpfExt.sys";
      const std::string end = image.starts_with('"') ? "\"" : "";
      vm_.ask({"create", name, "kernel", image + R"(\drivers\)" + file + end, "try-start", name});
    }
    vm_agent_.next_sequence();
  }

  void expect_kept(const std::string& image) const {
    const std::string core = vm_.registry(R"(HKLM\SYSTEM\CurrentControlSet\Services\EbpfCore)");
    EXPECT_THAT(core, HasSubstr(image + R"(\drivers\eBPFCore.sys)"));
    EXPECT_FALSE(fs::exists(vm_.drive(kInstallFolder)));
  }

  const std::string old_ = package("0.9.1", kHandlerWithFaults);
  const std::string fresh_ = package("0.10.0", kHandlerWithFaults);
};

TEST_F(LifecyclePlaces, An_older_version_is_updated_where_its_ImagePath_says) {
  const std::vector<std::pair<std::string, std::string>> forms{
      {"eBPF", R"(\??\C:\eBPF)"},
      {"e BPF", R"(C:\e BPF)"},
      {"Program Files/eBPF", R"(%ProgramFiles%\eBPF)"}};
  for (const auto& [folder, image] : forms) {
    SCOPED_TRACE(image);
    install_by_hand(folder, image);
    succeeds(vm_agent_.install(fresh_));
    expect_installed(fresh_, folder);
    expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
    expect_kept(image);
    succeeds(vm_agent_.call(fresh_, "disable"));
    succeeds(vm_agent_.call(fresh_, "uninstall"));
    EXPECT_EQ(vm_.state("EbpfCore"), "absent");
    EXPECT_FALSE(fs::exists(vm_.drive(folder) / "drivers"));
    fs::remove_all(vm_.drive(folder));  // files of the older version alone, which are not ours
  }
}

// F-09: never into Windows' own folder, however its registration spells it.
TEST_F(LifecyclePlaces, An_older_version_in_Windows_own_folder_is_replaced_in_the_default_one) {
  for (const char* image : {R"(\SystemRoot\eBPF)", R"(%SystemRoot%\eBPF)"}) {
    SCOPED_TRACE(image);
    install_by_hand("windows/eBPF", image);
    succeeds(vm_agent_.install(fresh_));
    expect_installed(fresh_, kInstallFolder);
    expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
    succeeds(vm_agent_.call(fresh_, "disable"));
    succeeds(vm_agent_.call(fresh_, "uninstall"));
    EXPECT_EQ(vm_.state("EbpfCore"), "absent");
    fs::remove_all(vm_.drive("windows/eBPF"));
  }
}

// F-49: neither Wine nor Windows loads a driver whose path is in quotes. It is written anew.
TEST_F(LifecyclePlaces, A_quoted_ImagePath_is_written_anew_and_the_driver_runs) {
  install_by_hand("e BPF", R"("C:\e BPF)");
  succeeds(vm_agent_.install(fresh_));
  expect_installed(fresh_, "e BPF");
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  EXPECT_THAT(vm_.registry(R"(HKLM\SYSTEM\CurrentControlSet\Services\EbpfCore)"),
              testing::Not(HasSubstr(R"("C:\e BPF)")));
}

// A rename, by which files are replaced, does not cross volumes.
TEST_F(LifecyclePlaces, On_another_volume_nothing_is_changed_and_the_error_says_why) {
  const lab::TemporaryFolder volume;
  const std::string d = "../dosdevices/d:";
  fs::create_directory_symlink(volume.path(), vm_.drive(d));
  install_by_hand(d + "/eBPF", R"(D:\eBPF)");
  const std::string before = vm_.snapshot(d + "/eBPF");
  const Call failed = vm_agent_.install(fresh_);
  fails(failed, 1007);
  EXPECT_THAT(failed.ended.err, HasSubstr(R"(install into D:\eBPF: it is on another volume)"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot(d + "/eBPF")));
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
}

class LifecycleFarDown : public testing::Test, protected Bench {
 protected:
  LifecycleFarDown()
      : Bench("Zusätzliche Pakete/" + std::string(120, 'x') + "/" + std::string(120, 'y')) {}
};

TEST_F(LifecycleFarDown, A_package_is_installed_and_removed_as_anywhere) {
  const std::string version = package("0.9.1");
  const std::string before = snapshot();
  succeeds(vm_agent_.install(version));
  expect_installed(version);
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  EXPECT_EQ(vm_agent_.status(version).value("status", ""), "success");
  succeeds(vm_agent_.call(version, "disable"));
  succeeds(vm_agent_.call(version, "uninstall"));
  EXPECT_TRUE(lab::same_machine(before, snapshot()));
}

}  // namespace
}  // namespace lifecycle
