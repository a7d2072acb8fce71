#include <gtest/gtest.h>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "package/parts.h"
#include "package/release/builder.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

TEST(Parts, Roles_follow_the_name_without_case) {
  EXPECT_EQ(role_of("drivers/eBPFCore.sys"), Role::kDriver);
  EXPECT_EQ(role_of("DRIVERS/EBPFCORE.SYS"), Role::kDriver);
  EXPECT_EQ(role_of("ebpfsvc.exe"), Role::kService);
  EXPECT_EQ(role_of("EbpfSvc.exe"), Role::kService);
  EXPECT_EQ(role_of("not-ebpfsvc.exe"), Role::kTool);
  EXPECT_EQ(role_of("EbpfApi.dll"), Role::kLibrary);
  EXPECT_EQ(role_of("ebpfnetsh.dll"), Role::kNetshHelper);
  EXPECT_EQ(role_of("bpftool.exe"), Role::kTool);
  EXPECT_EQ(role_of("ebpf_tracing_startup_task.xml"), Role::kTask);
  EXPECT_EQ(role_of("ebpf_tracing.cmd"), Role::kScript);
  EXPECT_EQ(role_of("x.ps1"), Role::kScript);
  EXPECT_EQ(role_of("drivers/eBPFCore.pdb"), Role::kSymbols);
  for (const char* path :
       {"LICENSE.txt", "a.inf", "ebpfforwindows.wprp", "noextension", "sys", ""}) {
    EXPECT_FALSE(role_of(path)) << path;
  }
}

TEST(Parts, The_oldest_Windows_changed_with_0_21) {
  EXPECT_EQ(min_os_build_of({0, 9, 1, ""}), 17763);
  EXPECT_EQ(min_os_build_of({0, 20, 9, ""}), 17763);
  EXPECT_EQ(min_os_build_of({0, 21, 0, "rc1"}), 20348);
  EXPECT_EQ(min_os_build_of({1, 0, 0, ""}), 20348);
}

struct Release {
  const char* version;
  std::size_t files;
  bool service;
  bool cpp_runtime;
  int min_os_build;
};

// PAYLOAD's table of releases: what each brought and dropped.
constexpr Release kReleases[] = {
    {"0.9.1", 24, false, true, 17763},     {"0.10.0", 22, false, true, 17763},
    {"1.0.0-rc1", 17, true, false, 20348}, {"1.0.0", 17, true, false, 20348},
    {"1.1.0", 17, true, false, 20348},
};

TEST(Parts, Every_release_is_listed_with_its_parts) {
  machine::simulated::disk::PosixHostFiles disk;
  for (const Release& release : kReleases) {
    SCOPED_TRACE(release.version);
    const PayloadManifest manifest = release::list_payload(disk, payload_root_of(release.version));
    const CheckedPackage package{manifest, "", ""};
    EXPECT_EQ(to_text(manifest.version), release.version);
    EXPECT_EQ(manifest.machine, "x64");
    EXPECT_EQ(manifest.min_os_build, release.min_os_build);
    EXPECT_EQ(manifest.files.size(), release.files);
    EXPECT_EQ(package.find(kServiceProgram) != nullptr, release.service);
    EXPECT_EQ(package.find("vcruntime140.dll") != nullptr, release.cpp_runtime);
    EXPECT_EQ(package.with_role(Role::kDriver).size(), 2U);
    EXPECT_EQ(package.with_role(Role::kTask).size(), 2U);
    EXPECT_EQ(package.with_role(Role::kNetshHelper).size(), 1U);
    ASSERT_NE(package.find("DRIVERS\\ebpfcore.SYS"), nullptr);
    EXPECT_EQ(package.find_name("EBPFCORE.sys"), package.find(kCoreDriver));
    EXPECT_EQ(package.find("ebpfcore.sys"), nullptr);
    EXPECT_EQ(package.find_name("none"), nullptr);
  }
}

}  // namespace
}  // namespace package
