#include "tests/package/package_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "package/release/builder.h"

namespace package {

namespace fs = std::filesystem;

TestFolder::TestFolder() {
  std::random_device random;
  path_ = fs::temp_directory_path() / ("ebpf-package-test-" + std::to_string(random()));
  fs::create_directory(path_);
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_file(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream stream(path, std::ios::binary | std::ios::trunc);
  stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  EXPECT_TRUE(stream) << path;
}

std::string payload_of(std::string_view version) {
  return std::string(EBPF_TEST_PAYLOADS) + "/" + std::string(version);
}

std::string payload_root_of(std::string_view version) {
  machine::simulated::disk::PosixHostFiles disk;
  return release::find_payload_root(disk, payload_of(version));
}

fs::path copy_payload(std::string_view version, const fs::path& to) {
  fs::copy(payload_of(version), to, fs::copy_options::recursive);
  machine::simulated::disk::PosixHostFiles disk;
  return release::find_payload_root(disk, to.string());
}

void make_package(std::string_view version, const fs::path& root) {
  fs::create_directories(root);
  fs::copy(payload_root_of(version), root / "bin", fs::copy_options::recursive);
  list_again(root);
}

void list_again(const fs::path& root, const std::function<void(PayloadManifest&)>& change) {
  machine::simulated::disk::PosixHostFiles disk;
  PayloadManifest manifest = release::list_payload(disk, (root / "bin").string());
  if (change) change(manifest);
  write_file(root / "payload.json", to_json(manifest));
}

errors::Failure failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const errors::Failure& failure) {
    return failure;
  }
  ADD_FAILURE() << "nothing failed";
  return {errors::ExitCode::kSuccess, "", ""};
}

}  // namespace package
