#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <random>

#include "package/release/zip.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using errors::ExitCode;
using errors::Failure;

std::string write(const TestFolder& folder, const std::string& name,
                  std::vector<release::ZipEntry> entries) {
  release::write_zip(folder / name, std::move(entries));
  return read_file(folder.path() / name);
}

// A ZIP whose entry `harmless` is renamed, in both of its headers, to `hostile` (of equal length).
std::string renamed(std::string zip, const std::string& harmless, const std::string& hostile) {
  EXPECT_EQ(harmless.size(), hostile.size());
  std::size_t count = 0;
  for (std::size_t at = zip.find(harmless); at != std::string::npos; at = zip.find(harmless, at)) {
    zip.replace(at, harmless.size(), hostile);
    ++count;
  }
  EXPECT_EQ(count, 2U);
  return zip;
}

TEST(Zip, What_is_written_is_extracted) {
  const TestFolder folder;
  write_file(folder.path() / "source", std::string(1'000'000, 'x') + "end");
  write(
      folder, "a.zip",
      {{"b/c.txt", "text"}, {"a", release::HostPath{folder / "source"}}, {"empty", std::string()}});
  fs::create_directory(folder.path() / "out");
  release::extract_zip(folder / "a.zip", folder / "out");
  EXPECT_EQ(read_file(folder.path() / "out/b/c.txt"), "text");
  EXPECT_EQ(read_file(folder.path() / "out/a"), read_file(folder.path() / "source"));
  EXPECT_EQ(read_file(folder.path() / "out/empty"), "");
}

TEST(Zip, Equal_entries_give_equal_bytes_in_any_order_and_time_zone) {
  const TestFolder folder;
  write_file(folder.path() / "source", "from a file");
  const release::ZipEntry a{"a", release::HostPath{folder / "source"}};
  const release::ZipEntry b{"b", "text"};
  const std::string first = write(folder, "1.zip", {a, b});
  fs::last_write_time(folder.path() / "source", fs::file_time_type::clock::now() - 1h);
  setenv("TZ", "Pacific/Kiritimati", 1);
  tzset();
  const std::string second = write(folder, "2.zip", {b, a});
  unsetenv("TZ");
  tzset();
  EXPECT_EQ(first, second);
}

TEST(Zip, Unsafe_names_are_refused_and_nothing_is_written_outside) {
  const TestFolder folder;
  const std::string zip = write(folder, "good.zip", {{"xx/xxxxx", "text"}});
  for (const char* hostile : {"../xxxxx", "/xxxxxxx", "C:/xxxxx", "xx\\xxxxx", "xx/../xx",
                              "NUL.xxxx", "xx/x:xxx", "xx//xxxx", "xx/xxxx."}) {
    write_file(folder.path() / "bad.zip", renamed(zip, "xx/xxxxx", hostile));
    fs::create_directory(folder.path() / "out");
    const Failure failure =
        failure_of([&] { release::extract_zip(folder / "bad.zip", folder / "out"); });
    EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged) << hostile;
    EXPECT_NO_THROW(failure.to_json().dump());
    EXPECT_FALSE(fs::exists(folder.path() / "xxxxx"));
    fs::remove_all(folder.path() / "out");
  }
}

TEST(Zip, Two_names_that_differ_in_case_only_are_refused) {
  const TestFolder folder;
  write(folder, "a.zip", {{"Name", "1"}, {"name", "2"}});
  fs::create_directory(folder.path() / "out");
  const Failure failure =
      failure_of([&] { release::extract_zip(folder / "a.zip", folder / "out"); });
  EXPECT_NE(failure.message().find("is there twice"), std::string::npos) << failure.message();
}

TEST(Zip, What_is_no_ZIP_is_refused) {
  const TestFolder folder;
  fs::create_directory(folder.path() / "out");
  for (const std::string& content : {std::string(), std::string("PK"), std::string(5000, 'x')}) {
    write_file(folder.path() / "bad.zip", content);
    const Failure failure =
        failure_of([&] { release::extract_zip(folder / "bad.zip", folder / "out"); });
    EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
  }
  EXPECT_EQ(failure_of([&] { release::extract_zip(folder / "none.zip", folder / "out"); }).code(),
            ExitCode::kPackageDamaged);
}

TEST(Zip, A_ZIP_that_is_cut_off_is_refused) {
  const TestFolder folder;
  const std::string zip = write(folder, "a.zip", {{"a", std::string(5000, 'x')}, {"b", "text"}});
  for (std::size_t size = 0; size < zip.size(); size += 7) {
    write_file(folder.path() / "bad.zip", std::string_view(zip).substr(0, size));
    fs::create_directory(folder.path() / "out");
    EXPECT_THROW(release::extract_zip(folder / "bad.zip", folder / "out"), Failure) << size;
    fs::remove_all(folder.path() / "out");
  }
}

TEST(Zip, Seeded_damage_is_refused_or_harmless) {
  const TestFolder folder;
  const std::string zip = write(folder, "a.zip", {{"a", std::string(500, 'x')}, {"b/c", "text"}});
  for (unsigned seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string bytes = zip;
    bytes[random() % bytes.size()] = static_cast<char>(random() & 0xffU);
    write_file(folder.path() / "bad.zip", bytes);
    fs::create_directory(folder.path() / "out");
    try {
      release::extract_zip(folder / "bad.zip", folder / "out");
    } catch (const Failure&) {
    }
    fs::remove_all(folder.path() / "out");
  }
}

TEST(Zip, A_source_that_is_missing_is_named) {
  const TestFolder folder;
  const Failure failure = failure_of([&] {
    write(folder, "a.zip", {{"a", release::HostPath{folder / "none"}}});
  });
  EXPECT_EQ(failure.object(), folder / "none");
}

}  // namespace
}  // namespace package
