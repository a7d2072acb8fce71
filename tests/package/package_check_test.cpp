#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>

#include "actions/machine/sha256.h"
#include "actions/machine/simulated/disk/posix_host_files.h"
#include "json/json.h"
#include "package/package_check.h"
#include "package/parts.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;

class PackageCheck : public testing::Test {
 protected:
  PackageCheck() { make_package("1.0.0", root()); }

  fs::path root() const { return folder_.path() / "package"; }
  fs::path bin(const std::string& path) const { return root() / "bin" / path; }

  CheckedPackage check() { return check_package(disk_, root().string()); }

  // The check fails with a sentence that names the object and has `defect`.
  void expect_refused(const std::string& object, const std::string& defect) {
    const Failure failure = failure_of([&] { check(); });
    EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
    EXPECT_EQ(failure.object(), object);
    EXPECT_NE(failure.message().find(defect), std::string::npos) << failure.message();
    EXPECT_FALSE(failure.advice().empty());
    EXPECT_NO_THROW(failure.to_json().dump());
  }

  TestFolder folder_;
  machine::simulated::disk::PosixHostFiles disk_;
};

TEST_F(PackageCheck, A_whole_package_of_every_release_passes) {
  for (const char* version : {"0.9.1", "0.10.0", "0.21.0", "1.0.0-rc1", "1.0.0", "1.1.0"}) {
    SCOPED_TRACE(version);
    const TestFolder folder;
    make_package(version, folder.path() / "p");
    const CheckedPackage package = check_package(disk_, folder / "p");
    EXPECT_EQ(to_text(package.manifest.version), version);
    EXPECT_EQ(package.payload_folder, folder / "p/bin");
    EXPECT_EQ(package.identity, machine::sha256_of(read_file(folder.path() / "p/payload.json")));
    std::uint64_t bytes = 0;
    for (const PayloadFile& file : package.manifest.files) {
      const fs::path path = package.payload_folder + "/" + file.path;
      EXPECT_EQ(fs::file_size(path), file.size) << path;
      bytes += file.size;
    }
    EXPECT_EQ(package.total_bytes(), bytes);
  }
}

TEST_F(PackageCheck, What_lies_beside_bin_is_the_VM_Agents_business) {
  write_file(root() / "HandlerEnvironment.json", "anything");
  write_file(root() / "config/0.settings", "{}");
  fs::create_directory(root() / "status");
  EXPECT_NO_THROW(check());
}

TEST_F(PackageCheck, Only_payload_json_is_needed_to_know_what_a_package_claims) {
  const CheckedPackage whole = check();
  fs::remove_all(root() / "bin");
  const ClaimedPackage claim = read_claim(disk_, root().string());
  EXPECT_EQ(claim.identity, whole.identity);
  EXPECT_EQ(claim.manifest, whole.manifest);
}

TEST_F(PackageCheck, A_missing_file_is_named) {
  fs::remove(bin("drivers/NetEbpfExt.sys"));
  expect_refused("bin/drivers/NetEbpfExt.sys", "is missing");
}

TEST_F(PackageCheck, A_missing_folder_is_named_by_its_files) {
  fs::remove_all(bin("drivers"));
  expect_refused("bin/drivers/eBPFCore.pdb", "is missing");
  fs::remove_all(root() / "bin");
  expect_refused("bin", "is missing");
}

TEST_F(PackageCheck, One_altered_byte_is_found) {
  std::string content = read_file(bin("ebpfapi.dll"));
  content.back() = static_cast<char>(content.back() ^ 1);
  write_file(bin("ebpfapi.dll"), content);
  expect_refused("bin/ebpfapi.dll", "its SHA-256 differs");
}

TEST_F(PackageCheck, Another_size_is_found_before_anything_is_hashed) {
  write_file(bin("ebpfapi.dll"), read_file(bin("ebpfapi.dll")) + "x");
  expect_refused("bin/ebpfapi.dll", "bytes, not the");
  write_file(bin("ebpfapi.dll"), "");
  expect_refused("bin/ebpfapi.dll", "has 0 bytes");
}

TEST_F(PackageCheck, An_added_file_is_refused_wherever_it_lies) {
  for (const char* path : {"extra.dll", "drivers/extra.sys", "new/extra.dll", ".hidden"}) {
    write_file(bin(path), "x");
    const Failure failure = failure_of([&] { check(); });
    EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
    EXPECT_NE(failure.message().find("is not listed"), std::string::npos) << failure.message();
    fs::remove_all(
        bin(std::string(path).substr(0, std::string(path).find('/')) == "new" ? "new" : path));
  }
  EXPECT_NO_THROW(check());
}

TEST_F(PackageCheck, An_empty_folder_is_refused) {
  fs::create_directory(bin("empty"));
  expect_refused("bin/empty", "is not listed");
}

TEST_F(PackageCheck, A_link_is_refused_even_to_the_right_file) {
  fs::rename(bin("ebpfapi.dll"), folder_.path() / "elsewhere.dll");
  fs::create_symlink(folder_.path() / "elsewhere.dll", bin("ebpfapi.dll"));
  expect_refused("bin/ebpfapi.dll", "is a link");
}

TEST_F(PackageCheck, A_link_to_a_folder_is_refused) {
  fs::rename(bin("drivers"), folder_.path() / "elsewhere");
  fs::create_directory_symlink(folder_.path() / "elsewhere", bin("drivers"));
  expect_refused("bin/drivers", "is a link");
}

TEST_F(PackageCheck, A_link_instead_of_bin_or_payload_json_is_refused) {
  fs::rename(root() / "bin", folder_.path() / "elsewhere");
  fs::create_directory_symlink(folder_.path() / "elsewhere", root() / "bin");
  expect_refused("bin", "is not a folder");
  fs::rename(root() / "payload.json", folder_.path() / "p.json");
  fs::create_symlink(folder_.path() / "p.json", root() / "payload.json");
  expect_refused("payload.json", "is not a plain file");
}

TEST_F(PackageCheck, A_dangling_link_is_refused) {
  fs::create_symlink(folder_.path() / "none", bin("dangling.dll"));
  expect_refused("bin/dangling.dll", "is a link");
}

// Reading a FIFO would wait for a writer that never comes.
TEST_F(PackageCheck, A_fifo_is_refused) {
  fs::remove(bin("ebpfapi.dll"));
  ASSERT_EQ(::mkfifo(bin("ebpfapi.dll").c_str(), 0600), 0);
  expect_refused("bin/ebpfapi.dll", "special file");
}

TEST_F(PackageCheck, A_folder_in_a_files_place_is_refused) {
  fs::remove(bin("ebpfapi.dll"));
  fs::create_directory(bin("ebpfapi.dll"));
  expect_refused("bin/ebpfapi.dll", "is a folder, not a file");
}

TEST_F(PackageCheck, A_file_in_a_folders_place_is_refused) {
  fs::remove_all(bin("drivers"));
  write_file(bin("drivers"), "x");
  expect_refused("bin/drivers", "is not listed");
}

TEST_F(PackageCheck, Names_are_compared_without_case_and_given_as_the_disk_has_them) {
  fs::rename(bin("drivers/eBPFCore.sys"), bin("drivers/EbpfCore.SYS"));
  fs::rename(bin("drivers"), bin("Drivers"));
  const CheckedPackage package = check();
  const PayloadFile* driver = package.find(kCoreDriver);
  ASSERT_NE(driver, nullptr);
  EXPECT_EQ(driver->path, "Drivers/EbpfCore.SYS");
}

TEST_F(PackageCheck, A_second_name_that_differs_in_case_only_is_refused) {
  fs::copy_file(bin("ebpfapi.dll"), bin("EBPFAPI.dll"));
  const Failure failure = failure_of([&] { check(); });
  EXPECT_NE(failure.message().find("twice"), std::string::npos) << failure.message();
  fs::remove(bin("EBPFAPI.dll"));
  fs::create_directory(bin("Drivers"));
  EXPECT_NE(failure_of([&] { check(); }).message().find("twice"), std::string::npos);
}

TEST_F(PackageCheck, A_hostile_name_on_the_disk_gives_a_message_in_one_line_of_ASCII) {
  write_file(bin("a\n\xff\x1b[31m.dll"), "x");
  expect_refused("bin/a???[31m.dll", "is not listed");
}

TEST_F(PackageCheck, A_missing_unreadable_or_huge_payload_json_is_refused) {
  write_file(root() / "payload.json", std::string(10 * 1024 * 1024, ' '));
  expect_refused("payload.json", "larger than 4 MiB");
  for (const char* text : {"", "[]", "\xEF\xBB\xBF{}", "{\"schema\":\"\xff\"}", "null"}) {
    write_file(root() / "payload.json", text);
    expect_refused("payload.json", "use payload.json");
  }
  fs::remove(root() / "payload.json");
  expect_refused("payload.json", "is missing");
  fs::create_directory(root() / "payload.json");
  expect_refused("payload.json", "is not a plain file");
}

TEST_F(PackageCheck, Hostile_paths_in_payload_json_are_refused_before_a_file_is_touched) {
  for (const char* path : {"../payload.json", "C:/Windows/x.dll", "/etc/passwd", "nul",
                           "drivers\\eBPFCore.sys", "EBPFAPI.DLL"}) {
    list_again(root(), [path](PayloadManifest& manifest) {
      PayloadFile added = manifest.files.back();
      added.path = path;
      manifest.files.push_back(added);
    });
    expect_refused("payload.json", "use payload.json");
  }
}

TEST_F(PackageCheck, Each_part_is_required_and_in_its_role) {
  for (const Part& part : required_parts()) {
    const auto is_part = [&part](const PayloadFile& file) { return file.path == part.path; };
    list_again(root(), [&](PayloadManifest& m) { std::erase_if(m.files, is_part); });
    expect_refused("bin/" + std::string(part.path), "is not listed in payload.json");
    list_again(root(), [&](PayloadManifest& m) {
      std::find_if(m.files.begin(), m.files.end(), is_part)->role = Role::kTool;
    });
    expect_refused("bin/" + std::string(part.path), "has the role tool");
  }
}

TEST_F(PackageCheck, The_drivers_must_be_of_the_version_that_payload_json_names) {
  list_again(root(), [](PayloadManifest& m) { m.version = {1, 0, 0, "rc1"}; });
  expect_refused("bin/drivers/NetEbpfExt.sys", "is of version 1.0.0, payload.json says 1.0.0-rc1");
  list_again(root(), [](PayloadManifest& m) {
    for (PayloadFile& file : m.files) {
      if (file.role == Role::kDriver) file.version = Version{1, 0, 1, ""};
    }
  });
  expect_refused("bin/drivers/NetEbpfExt.sys", "is listed with version 1.0.1");
}

// What an enable looks for behind its last step is refused before anything is stopped.
TEST_F(PackageCheck, An_image_of_another_release_is_refused_though_it_is_listed_with_its_hash) {
  for (const std::string path : {"drivers/eBPFCore.sys", "ebpfsvc.exe"}) {
    const std::string own = read_file(bin(path));
    const std::string other = read_file(payload_root_of("1.1.0") + "/" + path);
    list_again(root(), [&](PayloadManifest& m) {
      for (PayloadFile& file : m.files) {
        if (file.path != path) continue;
        file.sha256 = machine::sha256_of(other);
        file.size = other.size();
      }
    });
    write_file(bin(path), other);
    expect_refused("bin/" + path, "is of version 1.1.0, payload.json says 1.0.0");
    write_file(bin(path), own);
  }
}

TEST_F(PackageCheck, A_driver_without_a_version_resource_is_refused) {
  const std::string no_image = "not an image";
  list_again(root(), [&](PayloadManifest& m) {
    for (PayloadFile& file : m.files) {
      if (file.path != kCoreDriver) continue;
      file.sha256 = machine::sha256_of(no_image);
      file.size = no_image.size();
    }
  });
  write_file(bin(std::string(kCoreDriver)), no_image);
  expect_refused("bin/drivers/eBPFCore.sys", "has no version resource");
}

TEST_F(PackageCheck, Drivers_for_another_processor_than_payload_json_says_are_refused) {
  list_again(root(), [](PayloadManifest& manifest) { manifest.machine = "arm64"; });
  expect_refused("bin/drivers/NetEbpfExt.sys", "is for x64, payload.json says arm64");
}

TEST_F(PackageCheck, The_check_changes_nothing) {
  const auto entries = [this] {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
      found[entry.path().string()] = entry.is_regular_file() ? read_file(entry.path()) : "";
    }
    return found;
  };
  const auto before = entries();
  check();
  EXPECT_EQ(entries(), before);
}

}  // namespace
}  // namespace package
