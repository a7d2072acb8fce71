// tests/BEHAVIOURS.md names tests; each of them exists, and each hazard is there exactly once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/lab/temporary_folder.h"

namespace {

namespace fs = std::filesystem;

constexpr int kHazards = 61;
constexpr int kHardCases = 12;
constexpr int kMostHazardsOfOneTest = 2;

// The sources in tests/ that are built, here or for Windows: what no CMakeLists.txt names is not
// run.
std::set<std::string> built_files() {
  std::set<std::string> files;
  std::istringstream in(lab::read_file(EBPF_TEST_BIN "/../tests.txt"));
  for (std::string file; std::getline(in, file);)
    files.insert(file);
  return files;
}

// "Suite.Name" of every test in them.
std::set<std::string> tests() {
  static const std::regex kTest(R"(\bTEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  std::set<std::string> names;
  for (const std::string& file : built_files()) {
    const std::string text = lab::read_file(file);
    for (std::sregex_iterator match(text.begin(), text.end(), kTest), end; match != end; ++match)
      names.insert((*match)[1].str() + "." + (*match)[2].str());
  }
  return names;
}

// An entry of the list: its id ("PS-01"; "" for a promise), its text, and the tests that it names.
struct Entry {
  std::string id;
  std::string text;
  std::set<std::string> tests;
};

std::vector<Entry> entries() {
  static const std::regex kName(R"(`(\w+\.\w+)`)");
  static const std::regex kId(R"(^- ((?:PS|HC|F)-\d\d): )");
  std::vector<Entry> all;
  std::istringstream in(lab::read_file(EBPF_TEST_SOURCE "/tests/BEHAVIOURS.md"));
  for (std::string line; std::getline(in, line);) {
    std::smatch id;
    if (line.starts_with("- ")) all.emplace_back();
    if (std::regex_search(line, id, kId)) all.back().id = id[1];
    if (!line.starts_with("- ") && !line.starts_with("  ")) continue;
    all.back().text += line + "\n";
    for (std::sregex_iterator match(line.begin(), line.end(), kName), end; match != end; ++match)
      all.back().tests.insert((*match)[1].str());
  }
  return all;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

TEST(Behaviours, Each_named_test_exists) {
  const std::set<std::string> known = tests();
  ASSERT_GT(known.size(), 100U);
  for (const Entry& entry : entries()) {
    for (const std::string& name : entry.tests)
      EXPECT_TRUE(known.contains(name)) << entry.id << ": " << name;
  }
}

TEST(Behaviours, Each_file_of_tests_is_built) {
  const std::set<std::string> built = built_files();
  for (const auto& entry : fs::recursive_directory_iterator(EBPF_TEST_SOURCE "/tests")) {
    if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
    EXPECT_TRUE(built.contains(entry.path().string())) << entry.path();
  }
}

TEST(Behaviours, Each_entry_names_a_test_or_says_why_there_is_none) {
  for (const Entry& entry : entries()) {
    const bool reason = entry.text.find("not built yet: ") != std::string::npos ||
                        entry.text.find("cannot occur: ") != std::string::npos;
    EXPECT_TRUE(!entry.tests.empty() || reason) << entry.text;
  }
}

TEST(Behaviours, Lines_are_short) {
  constexpr std::size_t kLongest = 160;
  std::istringstream in(lab::read_file(EBPF_TEST_SOURCE "/tests/BEHAVIOURS.md"));
  for (std::string line; std::getline(in, line);)
    EXPECT_LE(line.size(), kLongest) << line;
}

TEST(Behaviours, Each_hazard_and_each_hard_case_has_exactly_one_entry) {
  std::map<std::string, int> count;
  for (const Entry& entry : entries())
    ++count[entry.id];
  for (int i = 1; i <= kHazards; ++i)
    EXPECT_EQ(count["PS-" + two_digits(i)], 1) << "PS-" << two_digits(i);
  for (int i = 1; i <= kHardCases; ++i)
    EXPECT_EQ(count["HC-" + two_digits(i)], 1) << "HC-" << two_digits(i);
}

TEST(Behaviours, One_test_serves_at_most_two_hazards) {
  std::map<std::string, std::set<std::string>> served;
  for (const Entry& entry : entries()) {
    if (!entry.id.starts_with("PS-")) continue;
    for (const std::string& name : entry.tests)
      served[name].insert(entry.id);
  }
  for (const auto& [name, ids] : served)
    EXPECT_LE(ids.size(), kMostHazardsOfOneTest) << name;
}

}  // namespace
