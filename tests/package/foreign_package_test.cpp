// The package of a version whose handler is not ours.
#include "package/foreign_package.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "errors/failure.h"
#include "package/handler_manifest.h"
#include "package/release/builder.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kScripts =
    "\xEF\xBB\xBF[{\"version\":1.0,\"handlerManifest\":{"
    "\"enableCommand\":\".\\\\scripts\\\\enable.cmd\",\"updateMode\":\"UpdateWithoutInstall\"}}]";

class ForeignPackage : public testing::Test {
 protected:
  void SetUp() override {
    fs::copy(payload_root_of("0.21.0"), folder(), fs::copy_options::recursive);
    write("HandlerManifest.json", kScripts);
  }
  std::string folder() const { return temporary_ / "package"; }
  void write(const std::string& path, const std::string& content) const {
    fs::create_directories((fs::path(folder()) / path).parent_path());
    write_file(fs::path(folder()) / path, content);
  }
  CheckedPackage read() { return foreign_package(host_, folder(), {0, 21, 0, 7}); }
  void expect_refused(const std::string& words) {
    const errors::Failure failure = failure_of([this] { read(); });
    EXPECT_EQ(failure.code(), errors::ExitCode::kPackageDamaged);
    EXPECT_THAT(failure.message(), HasSubstr(words));
  }

  TestFolder temporary_;
  machine::simulated::disk::PosixHostFiles host_;
};

TEST_F(ForeignPackage, Has_the_releases_files_and_nothing_of_the_handler) {
  const std::size_t files = release::list_payload(host_, payload_root_of("0.21.0")).files.size();
  write("scripts/enable.cmd", "rem");
  write("scripts/common.ps1", "rem");
  write("common.ps1", "rem");
  write("Status/0.status", "[]");
  write("config.xml", "<x/>");
  const CheckedPackage package = read();
  EXPECT_EQ(package.manifest.files.size(), files);
  EXPECT_EQ(to_text(package.manifest.version), "0.21.0");
  EXPECT_EQ(package.manifest.min_os_build, 20348);
  EXPECT_NE(package.find("ebpf_tracing.cmd"), nullptr);
}

TEST_F(ForeignPackage, That_lacks_a_part_is_refused_with_its_name) {
  fs::rename(folder() + "/ebpfapi.dll", folder() + "/other.bin");
  expect_refused("ebpfapi.dll is missing");
}

TEST_F(ForeignPackage, Whose_driver_is_no_image_is_refused_with_its_name) {
  for (const auto& entry : fs::directory_iterator(folder() + "/drivers"))
    write_file(entry.path(), "no image");
  expect_refused(".sys has no version resource");
}

TEST_F(ForeignPackage, Of_another_version_or_with_two_payloads_is_refused) {
  EXPECT_THROW(foreign_package(host_, folder(), {0, 20, 0, 7}), errors::Failure);
  fs::create_directories(folder() + "/bin/drivers");
  expect_refused("two payloads");
}

TEST_F(ForeignPackage, Is_known_by_the_program_that_its_manifest_names) {
  EXPECT_EQ(handler_of(host_, folder()), HandlerOf::kOthers);
  write("HandlerManifest.json", handler_manifest());
  EXPECT_EQ(handler_of(host_, folder()), HandlerOf::kUs);
  write("HandlerManifest.json", "[]");
  EXPECT_EQ(handler_of(host_, folder()), HandlerOf::kUnknown);
  fs::remove(folder() + "/HandlerManifest.json");
  EXPECT_EQ(handler_of(host_, folder()), HandlerOf::kUnknown);
  fs::create_directories(folder() + "/HandlerManifest.json");
  EXPECT_EQ(handler_of(host_, folder()), HandlerOf::kUnknown);
  EXPECT_EQ(handler_of(host_, folder() + "-none"), HandlerOf::kNobody);
}

TEST(FolderBeside, Is_named_as_ours_is) {
  EXPECT_EQ(folder_beside(R"(C:\Packages\Plugins\X.Y\1.0.0.1)", "1.0.0.1", "0.19.0.1"),
            R"(C:\Packages\Plugins\X.Y\0.19.0.1)");
  EXPECT_EQ(folder_beside("/var/lib/waagent/X.Y-1.0.0.1", "1.0.0.1", "0.19.0.1"),
            "/var/lib/waagent/X.Y-0.19.0.1");
  EXPECT_EQ(folder_beside("/tmp/package", "1.0.0.1", "0.19.0.1"), "/tmp/0.19.0.1");
}

}  // namespace
}  // namespace package
