// The shipped program under simvm's VM Agent, beside the others who install eBPF: from outside, as
// somebody with a shell sees it.
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "package/handler_manifest.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class BesideOthers : public testing::Test {
 protected:
  void SetUp() override { must("create vm"); }

  // Returns what simvm printed.
  std::string simvm(const std::string& arguments, int code) const {
    const fs::path output = folder_.path() / "output";
    const std::string command = "cd '" + folder_.path().string() +
                                "' && '" EBPF_TEST_BIN "/simvm' " + arguments + " >output 2>&1";
    const int status = std::system(command.c_str());
    const std::string printed = lab::read_file(output);
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, code) << arguments << '\n' << printed;
    return printed;
  }
  std::string must(const std::string& arguments) const { return simvm(arguments, 0); }

  // A package of ours as a folder, whose program is the built one.
  std::string ours(const std::string& version) const {
    const std::string name = std::string(package::kPublisher) + "." +
                             std::string(package::kExtensionType) + "." + version + ".1";
    const fs::path folder = folder_.path() / name;
    if (fs::exists(folder)) return name;
    const lab::Package package(folder_.path() / ("made-" + version), version);
    fs::create_directories(folder);
    fs::copy(package.file("bin"), folder / "bin", fs::copy_options::recursive);
    fs::copy_file(package.file("payload.json"), folder / "payload.json");
    fs::copy_file(EBPF_TEST_BIN "/ebpf-handler", folder / "ebpf-handler.exe");
    lab::write_file(folder / std::string(package::kHandlerManifestName),
                    package::handler_manifest());
    return name;
  }
  // The folder with the files of a release, made with ours of it.
  std::string payload(const std::string& version) const {
    ours(version);
    return "made-" + version + "/package/bin";
  }
  std::string powershell(const std::string& version, const std::string& options = "") const {
    std::string path = must("powershell-package " + payload(version) + " --out others --version " +
                            version + ".1 " + options);
    path.pop_back();
    return path;
  }
  nlohmann::json snapshot() const { return nlohmann::json::parse(must("snapshot vm")); }
  void expect_running(const std::vector<std::string>& services) const {
    const nlohmann::json found = snapshot().at("services");
    for (const std::string& name : services) {
      ASSERT_TRUE(found.contains(name)) << name;
      EXPECT_EQ(found.at(name).at("state"), "running") << name;
    }
    EXPECT_EQ(found.size(), services.size());
  }
  bool has_tasks_of_ours() const {
    return snapshot().at("tasks").dump().find("recovery") != std::string::npos;
  }

  lab::TemporaryFolder folder_;
};

TEST_F(BesideOthers, A_downgrade_to_the_PowerShell_handler_and_back) {
  must("agent vm install " + ours("1.0.0"));
  for (const char* options : {"", "--with-install"}) {
    SCOPED_TRACE(options);
    fs::remove_all(folder_.path() / "others");
    const std::string told = must("agent vm update " + powershell("0.21.0", options));
    EXPECT_THAT(told, HasSubstr("update 1.0.0.1: ok"));
    EXPECT_THAT(told, HasSubstr("uninstall 1.0.0.1: ok"));
    EXPECT_THAT(told, HasSubstr("enable 0.21.0.1: ok"));
    const bool installs = std::string(options) == "--with-install";
    EXPECT_EQ(told.find("install 0.21.0.1: ok") != std::string::npos, installs);
    must("wait vm 60");
    must("reboot vm");
    expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
    EXPECT_FALSE(has_tasks_of_ours());
    must("agent vm update " + ours("1.0.0"));
    expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
    EXPECT_FALSE(has_tasks_of_ours());
  }
}

TEST_F(BesideOthers, A_higher_version_of_the_PowerShell_handler_takes_eBPF_over) {
  must("agent vm install " + ours("0.10.0"));
  const std::string told = must("agent vm update " + powershell("0.21.0"));
  EXPECT_THAT(told, HasSubstr("update 0.21.0.1: ok"));
  EXPECT_THAT(told, HasSubstr("uninstall 0.10.0.1: ok"));
  EXPECT_THAT(told, Not(HasSubstr("install 0.21.0.1")));
  must("reboot vm");
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
}

TEST_F(BesideOthers, GuestProxyAgents_setup_and_the_provisioning_agent_bring_their_own_eBPF) {
  must("gpa-setup vm " + payload("0.10.0"));
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
  must("provision vm " + payload("0.10.0"));
  EXPECT_THAT(simvm("gpa-setup vm " + payload("0.9.1"), 1), HasSubstr("1005"));
  simvm("gpa-setup vm nowhere", 2);
  must("gpa-setup vm " + payload("0.21.0"));
  expect_running({"EbpfCore", "NetEbpfExt", "GuestProxyAgent"});
}

TEST_F(BesideOthers, A_person_meets_Windows_rules) {
  must("agent vm install " + ours("1.0.0"));
  EXPECT_THAT(simvm("person vm stop-service EbpfCore", 1), HasSubstr("1051"));
  must("person vm stop-service GuestProxyAgent");
  must("person vm start-service GuestProxyAgent");
  simvm(R"(person vm delete-file 'C:\Program Files\ebpf-for-windows\drivers\ebpfcore.sys')", 1);
  must(R"(person vm replace-file 'C:\Program Files\ebpf-for-windows\bpftool.exe' output)");
  must("person vm stop-service GuestProxyAgent");
  must("person vm stop-service eBPFSvc");
  must("person vm delete-service eBPFSvc");
  must("agent vm enable");  // leaves a proxy that its owner stopped
  must("person vm start-service GuestProxyAgent");
  expect_running({"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"});
}

}  // namespace
}  // namespace engine
