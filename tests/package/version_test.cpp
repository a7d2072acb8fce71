#include <gtest/gtest.h>

#include <array>

#include "package/version.h"

namespace package {
namespace {

// In rising order; the tags of 1.0.0 are the example of semver.org's clause 11.
constexpr std::array<std::string_view, 20> kRising{"0.0.0",
                                                   "0.9.0",
                                                   "0.9.1",
                                                   "0.10.0",
                                                   "0.21.0",
                                                   "1.0.0-0",
                                                   "1.0.0-9",
                                                   "1.0.0-10",
                                                   "1.0.0-alpha",
                                                   "1.0.0-alpha.1",
                                                   "1.0.0-alpha.beta",
                                                   "1.0.0-beta",
                                                   "1.0.0-beta.2",
                                                   "1.0.0-beta.11",
                                                   "1.0.0-rc1",
                                                   "1.0.0-rc2",
                                                   "1.0.0",
                                                   "1.0.1-rc1",
                                                   "1.1.0",
                                                   "65535.65535.65535"};

TEST(Version, Versions_are_ordered_as_semantic_versioning_says) {
  for (std::size_t i = 0; i < kRising.size(); ++i) {
    for (std::size_t j = 0; j < kRising.size(); ++j) {
      const auto a = parse_version(kRising[i]);
      const auto b = parse_version(kRising[j]);
      ASSERT_TRUE(a && b) << kRising[i] << " " << kRising[j];
      EXPECT_EQ(*a <=> *b, i <=> j) << kRising[i] << " " << kRising[j];
      EXPECT_EQ(*a == *b, i == j) << kRising[i] << " " << kRising[j];
    }
  }
}

TEST(Version, A_pre_release_comes_before_its_release) {
  EXPECT_LT(*parse_version("1.0.0-rc1"), *parse_version("1.0.0"));
  EXPECT_GT(*parse_version("1.0.0-rc1"), *parse_version("0.21.0"));
}

TEST(Version, Text_comes_back_as_it_was) {
  for (const std::string_view text : kRising) {
    EXPECT_EQ(to_text(parse_version(text).value()), text);
  }
}

TEST(Version, Garbage_is_no_version) {
  for (const std::string_view text : {"",
                                      "1",
                                      "1.2",
                                      "1.2.3.4",
                                      "1.2.",
                                      ".1.2",
                                      "1..2",
                                      "a.b.c",
                                      "1.2.3-",
                                      "1.2.3-a..b",
                                      "1.2.3-.a",
                                      "1.2.3-a.",
                                      "1.2.3-01",
                                      "1.2.3-a_b",
                                      "1.2.3-a b",
                                      "1.2.3+build",
                                      "01.2.3",
                                      "1.02.3",
                                      "1.2.03",
                                      "-1.2.3",
                                      "+1.2.3",
                                      " 1.2.3",
                                      "1.2.3 ",
                                      "1.2.65536",
                                      "1.2.99999999999999999999",
                                      "v1.2.3",
                                      "1,2,3",
                                      "1.2.3-\xC3\xA4",
                                      "1.2.0x3",
                                      "../../x"}) {
    EXPECT_FALSE(parse_version(text)) << text;
  }
  EXPECT_FALSE(parse_version("1.2.3-" + std::string(65, 'a')));
  EXPECT_FALSE(parse_version(std::string("1.2.3\0", 6)));
  EXPECT_TRUE(parse_version("1.2.3-" + std::string(64, 'a')));
  EXPECT_TRUE(parse_version("1.2.3-a-b"));
}

TEST(Version, The_version_of_an_image_has_its_numbers_and_the_tag_of_its_text) {
  EXPECT_EQ(version_of({1, 0, 0, 0, "1.0.0-rc1"}), (Version{1, 0, 0, "rc1"}));
  EXPECT_EQ(version_of({0, 9, 1, 7, "0.9.1"}), (Version{0, 9, 1, ""}));
  EXPECT_EQ(version_of({0, 9, 1, 0, ""}), (Version{0, 9, 1, ""}));
  EXPECT_FALSE(version_of({0, 9, 1, 0, "0.9.2"}));
  EXPECT_FALSE(version_of({0, 9, 1, 0, "0.9.1.0"}));
  EXPECT_FALSE(version_of({0, 9, 1, 0, "nonsense"}));
}

TEST(HandlerVersion, It_has_exactly_four_numbers) {
  EXPECT_EQ(parse_handler_version("0.9.1.12"), (HandlerVersion{0, 9, 1, 12}));
  EXPECT_EQ(to_text(HandlerVersion{0, 9, 1, 12}), "0.9.1.12");
  EXPECT_LT(*parse_handler_version("0.9.1.9"), *parse_handler_version("0.9.1.12"));
  for (const std::string_view text : {"", "1.2.3", "1.2.3.4.5", "1.2.3.x", "1.2.3.4-rc1",
                                      "1.2.3.65536", "1.2.3.04", "1.2.3.", "1.2.3.4/..", "../1"}) {
    EXPECT_FALSE(parse_handler_version(text)) << text;
  }
}

TEST(Version, Of_a_packages_folder_is_in_its_name) {
  const HandlerVersion version{0, 10, 0, 1};
  EXPECT_EQ(version_of_folder(R"(C:\Packages\Plugins\X.Y\0.10.0.1)"), version);
  EXPECT_EQ(version_of_folder("/var/lib/waagent/X.Y-0.10.0.1"), version);
  EXPECT_EQ(version_of_folder("0.10.0.1"), version);
  for (const char* folder : {"", "/tmp/package", "/a/0.10.0", "/a/0.10.0.1/", "/a/-"})
    EXPECT_FALSE(version_of_folder(folder)) << folder;
}

}  // namespace
}  // namespace package
