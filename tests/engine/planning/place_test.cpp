// Where files go: a registration alone says nothing (F-09).
#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "tests/engine/bench.h"
#include "tests/lab/user_check.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

// Without GuestProxyAgent, which loads its library from the default folder only.
class Place : public Bench {
 protected:
  Place() : Bench({.gpa = machine::simulated::Gpa::kAbsent}) {}
  void registered(const std::string& folder) const {
    behind([&folder](machine::Machine& m) {
      machine::ServiceConfig config;
      config.image = R"(\??\)" + folder + R"(\ebpfcore.sys)";
      m.services().create("EbpfCore", config);
      config.image = R"(\??\)" + folder + R"(\netebpfext.sys)";
      m.services().create("NetEbpfExt", config);
    });
  }
  void put_package(const std::string& folder) const {
    fs::create_directories(vm_.drive(folder));
    fs::copy(package_.file("bin"), vm_.drive(folder), fs::copy_options::recursive);
  }
  void expect_default_place() const {
    must(commands::Command::kInstall);
    must(commands::Command::kEnable);
    EXPECT_TRUE(has("drivers/eBPFCore.sys"));
    EXPECT_EQ(meta(product::meta::kInstallFolder), R"(C:\Program Files\ebpf-for-windows)");
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
      EXPECT_EQ(state(name), "running") << name;
    EXPECT_THAT(service("EbpfCore").at("image").get<std::string>(),
                testing::HasSubstr("Program Files"));
  }
};

TEST_F(Place, Registrations_whose_folder_is_gone_are_pointed_anew) {
  registered(R"(C:\Temp\ebpf\drivers)");
  expect_default_place();
  EXPECT_FALSE(fs::exists(vm_.drive("Temp/ebpf")));
}

TEST_F(Place, A_folder_that_users_can_write_is_not_used) {
  put_package("Temp/ebpf");
  registered(R"(C:\Temp\ebpf\drivers)");
  vm_.set(R"(path:C:\Temp\ebpf)", {"owner=users"});
  expect_default_place();
}

TEST_F(Place, Windows_own_folder_is_not_used) {
  put_package("Windows/System32");
  registered(R"(C:\Windows\System32\drivers)");
  expect_default_place();
}

TEST_F(Place, Half_an_installation_is_not_used) {
  put_package("eBPF");
  registered(R"(C:\eBPF\drivers)");
  fs::remove(vm_.drive("eBPF/ebpfapi.dll"));
  expect_default_place();
}

TEST_F(Place, A_complete_installation_that_lives_stays_where_it_is) {
  const lab::NotAsked not_asked("eBPF lies in another folder than the rules know");
  put_package("eBPF");
  registered(R"(C:\eBPF\drivers)");
  must(commands::Command::kInstall);
  EXPECT_EQ(meta(product::meta::kInstallFolder), R"(C:\eBPF)");
  EXPECT_FALSE(has(""));
}

// F-45: ours, one tool of which was taken away.
TEST_F(Place, Our_own_damaged_installation_stays_where_it_is) {
  const lab::NotAsked not_asked("eBPF lies in another folder than the rules know");
  put_package("eBPF");
  registered(R"(C:\eBPF\drivers)");
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  fs::remove(vm_.drive("eBPF/ebpfapi.dll"));
  const lab::Package fresh = package("1.1.0");
  must(lab::UpdateSequence(package_, fresh).all());
  EXPECT_EQ(meta(product::meta::kInstallFolder), R"(C:\eBPF)");
  EXPECT_FALSE(has(""));
  EXPECT_EQ(state("EbpfCore"), "running");
}

}  // namespace
}  // namespace engine
