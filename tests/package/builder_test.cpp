#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "package/handler_manifest.h"
#include "package/release/builder.h"
#include "package/release/zip.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;

class Builder : public testing::Test {
 protected:
  Builder() {
    write_file(folder_.path() / "handler",
               "\x7f"
               "ELF a program");
  }

  release::BuildRequest request(const std::string& payload, const std::string& version) const {
    return {payload, folder_ / "handler", parse_handler_version(version).value(), folder_ / "out"};
  }
  release::BuiltPackage build(const std::string& payload, const std::string& version) {
    return release::build_package(disk_, request(payload, version));
  }
  void expect_refused(const std::string& payload, const std::string& version,
                      const std::string& defect) {
    const Failure failure = failure_of([&] { build(payload, version); });
    EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
    EXPECT_NE(failure.message().find(defect), std::string::npos) << failure.message();
    EXPECT_TRUE(!fs::exists(folder_ / "out") || fs::is_empty(folder_ / "out"));
  }
  // A copy of 1.0.0's payload that a test may damage; its root.
  fs::path copy() const { return copy_payload("1.0.0", folder_.path() / "copy"); }

  TestFolder folder_;
  machine::simulated::disk::PosixHostFiles disk_;
};

TEST_F(Builder, Every_release_becomes_a_ZIP_that_the_handler_accepts) {
  const std::pair<const char*, const char*> releases[] = {{"0.9.1", "0.9.1.1"},
                                                          {"0.10.0", "0.10.0.7"},
                                                          {"1.0.0-rc1", "1.0.0.1"},
                                                          {"1.0.0", "1.0.0.2"},
                                                          {"1.1.0", "1.1.0.65535"}};
  for (const auto& [payload, version] : releases) {
    SCOPED_TRACE(payload);
    const release::BuiltPackage built = build(payload_of(payload), version);
    EXPECT_EQ(built.zip,
              folder_ / "out/Microsoft.EbpfForWindows.EbpfForWindows." + version + ".zip");
    EXPECT_EQ(built.size, fs::file_size(built.zip));
    EXPECT_EQ(built.sha256, disk_.sha256(built.zip));
    EXPECT_EQ(to_text(built.manifest.version), payload);
    EXPECT_EQ(built.entries, built.manifest.files.size() + 4);

    const CheckedPackage checked = release::check_shipped(disk_, built.zip).checked;
    EXPECT_EQ(checked.manifest, built.manifest);
    const fs::path out = folder_.path() / payload;
    fs::create_directory(out);
    release::extract_zip(built.zip, out.string());
    EXPECT_EQ(read_file(out / "ebpf-handler.exe"), read_file(folder_.path() / "handler"));
    EXPECT_EQ(read_file(out / "HandlerManifest.json"), handler_manifest());
    EXPECT_EQ(handler_version_in(read_file(out / "payload.json")),
              parse_handler_version(version).value());
    // GuestProxyAgent's set-up runs it without an argument.
    EXPECT_THAT(read_file(out / "setup.ps1"),
                testing::HasSubstr("ebpf-handler.exe\" setup install"));
    EXPECT_EQ(release::check_shipped(disk_, out.string()).checked.identity, checked.identity);
  }
}

TEST_F(Builder, Two_builds_give_equal_bytes) {
  const std::string first = build(payload_of("1.0.0"), "1.0.0.1").sha256;
  release::BuildRequest again = request(copy().string(), "1.0.0.1");
  again.out = folder_ / "other";
  EXPECT_EQ(release::build_package(disk_, again).sha256, first);
}

TEST_F(Builder, A_payload_root_may_be_given_by_itself) {
  EXPECT_EQ(build(payload_root_of("0.9.1"), "0.9.1.1").sha256,
            build(payload_of("0.9.1"), "0.9.1.1").sha256);
}

TEST_F(Builder, A_folder_without_a_payload_or_with_two_is_refused) {
  fs::create_directory(folder_.path() / "copy");
  expect_refused(folder_ / "copy", "1.0.0.1", "has neither package/bin nor lib/native/bin");
  expect_refused(folder_ / "none", "1.0.0.1", "is not a folder");
  copy_payload("1.0.0", folder_.path() / "two");
  fs::create_directories(folder_.path() / "two/package/bin");
  expect_refused(folder_ / "two", "1.0.0.1", "has two payloads");
}

TEST_F(Builder, The_handlers_version_must_begin_with_the_drivers) {
  expect_refused(payload_of("1.0.0"), "1.0.1.1", "is of version 1.0.0");
  expect_refused(payload_of("1.0.0-rc1"), "1.1.0.1", "is of version 1.0.0-rc1");
}

TEST_F(Builder, Drivers_of_two_releases_are_refused) {
  const fs::path root = copy();
  fs::copy_file(payload_root_of("1.0.0-rc1") + "/drivers/eBPFCore.sys",
                root / "drivers/eBPFCore.sys", fs::copy_options::overwrite_existing);
  expect_refused(root.string(), "1.0.0.1", "is of version 1.0.0-rc1");
}

TEST_F(Builder, Drivers_for_two_processors_are_refused) {
  const fs::path driver = copy() / "drivers/eBPFCore.sys";
  std::string image = read_file(driver);
  const std::size_t pe = static_cast<unsigned char>(image[0x3c]);
  image[pe + 4] = '\x64';
  image[pe + 5] = '\xaa';
  write_file(driver, image);
  expect_refused(driver.parent_path().parent_path().string(), "1.0.0.1", "for arm64");
  image[pe + 4] = '\x4c';
  image[pe + 5] = '\x01';
  write_file(driver, image);
  expect_refused(driver.parent_path().parent_path().string(), "1.0.0.1", "processor other than");
}

TEST_F(Builder, A_missing_part_is_named) {
  for (const char* part : {"drivers/eBPFCore.sys", "ebpfapi.dll", "ebpfsvc.exe"}) {
    const fs::path root = copy();
    fs::remove(root / part);
    expect_refused(root.string(), "1.0.0.1", std::string(part) + " is missing");
    fs::remove_all(folder_.path() / "copy");
  }
}

TEST_F(Builder, What_no_release_has_is_refused_by_name) {
  const fs::path root = copy();
  const auto refused_with = [&](const std::string& path, const std::string& defect) {
    write_file(root / path, "x");
    expect_refused(root.string(), "1.0.0.1", path);
    expect_refused(root.string(), "1.0.0.1", defect);
    fs::remove(root / path);
  };
  refused_with("LICENSE.txt", "has an extension");
  refused_with("drivers/eBPFCore.inf", "has an extension");
  refused_with("noextension", "has an extension");
  refused_with("nul.dll", "reserves for a device");
  fs::create_directory(root / "empty");
  expect_refused(root.string(), "1.0.0.1", "is an empty folder");
  fs::remove(root / "empty");
  fs::create_symlink("ebpfapi.dll", root / "link.dll");
  expect_refused(root.string(), "1.0.0.1", "link.dll is a link");
  fs::remove(root / "link.dll");
  write_file(root / "\xC3\xA4.dll", "x");
  expect_refused(root.string(), "1.0.0.1", "plain ASCII");
}

TEST_F(Builder, What_its_own_payload_json_cannot_carry_is_said_to_who_builds) {
  const fs::path root = copy();
  write_file(root / (std::string(125, 'x') + ".cmd"), "rem");
  const Failure failure = failure_of([&] { build(root.string(), "1.0.0.1"); });
  EXPECT_NE(failure.message().find("more than 128 bytes"), std::string::npos) << failure.message();
  EXPECT_NE(failure.advice().find("unpacked redist package"), std::string::npos)
      << failure.advice();
}

TEST_F(Builder, The_layout_of_the_MSI_is_no_input) {
  const fs::path root = copy();
  fs::create_directory(root / "JIT");
  fs::rename(root / "ebpfsvc.exe", root / "JIT/ebpfsvc.exe");
  expect_refused(root.string(), "1.0.0.1", "JIT is of the MSI");
}

TEST_F(Builder, A_handler_that_is_no_program_is_refused) {
  for (const char* handler : {"none", "empty"}) {
    if (std::string(handler) == "empty") write_file(folder_.path() / handler, "");
    release::BuildRequest bad = request(payload_of("1.0.0"), "1.0.0.1");
    bad.handler = folder_ / handler;
    EXPECT_EQ(failure_of([&] { release::build_package(disk_, bad); }).code(), ExitCode::kUsage);
  }
}

TEST_F(Builder, A_Windows_handler_must_be_for_the_payloads_processor) {
  std::string image = read_file(payload_root_of("1.0.0") + "/bpftool.exe");
  write_file(folder_.path() / "handler", image);
  EXPECT_NO_THROW(build(payload_of("1.0.0"), "1.0.0.1"));
  const std::size_t pe = static_cast<unsigned char>(image[0x3c]);
  image[pe + 4] = '\x64';
  image[pe + 5] = '\xaa';
  write_file(folder_.path() / "handler", image);
  EXPECT_EQ(failure_of([&] { build(payload_of("1.0.0"), "1.0.0.2"); }).code(),
            ExitCode::kPackageDamaged);
}

TEST_F(Builder, What_the_handler_is_good_for_is_said) {
  const auto said = [this] { return build(payload_of("1.0.0"), "1.0.0.1").handler; };
  EXPECT_NE(said().find("for the simulated VM only"), std::string::npos);
  const std::string image = read_file(payload_root_of("1.0.0") + "/bpftool.exe");
  fs::remove_all(folder_.path() / "out");
  write_file(folder_.path() / "handler", image);
  EXPECT_EQ(said(), "Windows x64");
  fs::remove_all(folder_.path() / "out");
  write_file(folder_.path() / "handler", image + "EBPF_HANDLER_FAULT");
  EXPECT_EQ(said(), "Windows x64 with fault injection: for tests only");
}

TEST_F(Builder, Another_ZIP_in_the_way_stays_unless_forced) {
  const release::BuiltPackage first = build(payload_of("1.0.0"), "1.0.0.1");
  EXPECT_NO_THROW(build(payload_of("1.0.0"), "1.0.0.1")) << "the same content is no conflict";
  write_file(folder_.path() / "handler", "another program");
  EXPECT_EQ(failure_of([&] { build(payload_of("1.0.0"), "1.0.0.1"); }).code(), ExitCode::kUsage);
  EXPECT_EQ(disk_.sha256(first.zip), first.sha256);
  release::BuildRequest forced = request(payload_of("1.0.0"), "1.0.0.1");
  forced.force = true;
  EXPECT_NE(release::build_package(disk_, forced).sha256, first.sha256);
  EXPECT_EQ(disk_.list(folder_ / "out").size(), 1U) << "no temporary file stays";
}

TEST_F(Builder, A_shipped_package_needs_its_handler_and_its_manifest) {
  const release::BuiltPackage built = build(payload_of("1.0.0"), "1.0.0.1");
  for (const std::string_view name : {kHandlerProgram, kHandlerManifestName}) {
    const fs::path out = folder_.path() / "extracted";
    fs::create_directory(out);
    release::extract_zip(built.zip, out.string());
    fs::remove(out / name);
    EXPECT_EQ(failure_of([&] { release::check_shipped(disk_, out.string()); }).object(), name);
    fs::remove_all(out);
  }
}

}  // namespace
}  // namespace package
