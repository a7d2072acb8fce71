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

// The rows of all tables: first cell, and the tests that the row names.
struct Row {
  std::string id;
  std::string text;
  std::set<std::string> tests;
};

std::vector<Row> rows() {
  static const std::regex kName(R"(`(\w+\.\w+)`)");
  std::vector<Row> all;
  std::istringstream in(lab::read_file(EBPF_TEST_SOURCE "/tests/BEHAVIOURS.md"));
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| ")) continue;
    Row row;
    row.id = line.substr(2, line.find(" |", 2) - 2);
    row.text = line;
    for (std::sregex_iterator match(line.begin(), line.end(), kName), end; match != end; ++match)
      row.tests.insert((*match)[1].str());
    all.push_back(row);
  }
  return all;
}

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

TEST(Behaviours, Each_named_test_exists) {
  const std::set<std::string> known = tests();
  ASSERT_GT(known.size(), 100U);
  for (const Row& row : rows()) {
    for (const std::string& name : row.tests)
      EXPECT_TRUE(known.contains(name)) << row.id << ": " << name;
  }
}

TEST(Behaviours, Each_file_of_tests_is_built) {
  const std::set<std::string> built = built_files();
  for (const auto& entry : fs::recursive_directory_iterator(EBPF_TEST_SOURCE "/tests")) {
    if (!entry.path().filename().string().ends_with("_test.cpp")) continue;
    EXPECT_TRUE(built.contains(entry.path().string())) << entry.path();
  }
}

TEST(Behaviours, Each_row_names_a_test_or_says_why_there_is_none) {
  for (const Row& row : rows()) {
    const bool reason = row.text.find("not built yet: ") != std::string::npos ||
                        row.text.find("cannot occur: ") != std::string::npos;
    const bool heading =
        row.id == "behaviour" || row.id == "id" || row.id == "case" || row.id.starts_with("---");
    EXPECT_TRUE(!row.tests.empty() || reason || heading) << row.text;
  }
}

TEST(Behaviours, Each_hazard_and_each_hard_case_has_exactly_one_row) {
  std::map<std::string, int> count;
  for (const Row& row : rows())
    ++count[row.id];
  for (int i = 1; i <= kHazards; ++i)
    EXPECT_EQ(count["PS-" + two_digits(i)], 1) << "PS-" << two_digits(i);
  for (int i = 1; i <= kHardCases; ++i)
    EXPECT_EQ(count["HC-" + two_digits(i)], 1) << "HC-" << two_digits(i);
}

TEST(Behaviours, One_test_serves_at_most_two_hazards) {
  std::map<std::string, std::set<std::string>> served;
  for (const Row& row : rows()) {
    if (!row.id.starts_with("PS-")) continue;
    for (const std::string& name : row.tests)
      served[name].insert(row.id);
  }
  for (const auto& [name, ids] : served)
    EXPECT_LE(ids.size(), kMostHazardsOfOneTest) << name;
}

}  // namespace
