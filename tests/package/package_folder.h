#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "errors/failure.h"
#include "package/payload_manifest.h"

namespace package {

// A folder that is gone with the test.
class TestFolder {
 public:
  TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder();
  std::filesystem::path path() const { return path_; }
  std::string operator/(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, std::string_view content);

// The payload of a release as its redist package has it, and the root of its files.
std::string payload_of(std::string_view version);
std::string payload_root_of(std::string_view version);

// Copies the redist package of a release, so that a test may damage it. Returns the payload root.
std::filesystem::path copy_payload(std::string_view version, const std::filesystem::path& to);

// Makes a whole package in `root`: payload.json and bin/.
void make_package(std::string_view version, const std::filesystem::path& root);
// Writes payload.json anew, with the files and hashes that bin/ now has, after `change`.
void list_again(const std::filesystem::path& root,
                const std::function<void(PayloadManifest&)>& change = {});

// What `action` fails with; a failure of the test where it does not.
errors::Failure failure_of(const std::function<void()>& action);

}  // namespace package
