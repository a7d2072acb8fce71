// The program reads what it wrote, and writes as it wrote, when the golden files were recorded.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <string_view>

#include "tests/golden/life.h"
#include "tests/golden/renaming.h"
#include "tests/golden/story.h"

namespace golden {
namespace {

class Golden : public testing::TestWithParam<Scenario> {
 protected:
  static std::string told(const std::string& point, const std::string& life) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return "golden " + path_of(GetParam()) + "\ncase " + point + ", life " + life +
           "\nrepeat: " EBPF_TEST_BIN "/golden_tests --gtest_filter='" + test->test_suite_name() +
           "." + test->name() + "'\n";
  }
};

TEST_P(Golden, A_machine_that_was_left_is_restored_and_lives_as_recorded) {
  const Scenario& scenario = GetParam();
  Room room(scenario.packages);
  std::string title;
  std::string life;
  Lines begun;
  for (const Section& section : sections_of(scenario)) {
    if (section.kind == "case") {
      title = section.title;
      begun = section.lines;
      room.restore(begun);
      const Lines found = room.lines();
      ASSERT_TRUE(found == begun) << "restored otherwise than it is written\n"
                                  << told(title, "none") << difference(begun, found);
    } else if (section.kind == "outcome") {
      life = section.title;
      room.restore(begun);
      const engine::handler::Reply reply = live(room, scenario, life);
      const Lines found = outcome(room, reply, begun);
      ASSERT_TRUE(found == section.lines) << "it ends otherwise than recorded\n"
                                          << told(title, life) << difference(section.lines, found);
    } else if (section.kind == "picture") {
      const Lines found = picture(room);
      ASSERT_TRUE(found == section.lines) << "it leaves another machine than recorded\n"
                                          << told(title, life) << difference(section.lines, found);
    }
  }
}

TEST_P(Golden, A_run_writes_the_journal_that_was_recorded) {
  const Scenario& scenario = GetParam();
  Room room(scenario.packages);
  const Lines found = written(scenario, room);
  const auto sections = sections_of(scenario);
  const Lines otherwise = changes(written_as_told(sections), found);
  const Lines wanted = changes_as_told(sections);
  EXPECT_TRUE(otherwise == wanted) << "it writes otherwise than recorded\n"
                                   << told("end", "none") << difference(wanted, otherwise);
}

INSTANTIATE_TEST_SUITE_P(Each, Golden, testing::ValuesIn(scenarios()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace golden

// With --record the files are written by the program as it is, with --record-missing those that are
// not there, with --record-outcomes all of them but the machines; nothing is tested then.
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc == 1) return RUN_ALL_TESTS();
  const std::string_view option = argc == 2 ? argv[1] : "";
  if (option == "--record-outcomes") {
    golden::record_outcomes();
    return 0;
  }
  const bool only_missing = option == "--record-missing";
  if (option != "--record" && !only_missing) {
    std::cerr << "usage: golden_tests [--record | --record-missing | --record-outcomes]\n";
    return 2;
  }
  for (const golden::Scenario& scenario : golden::scenarios()) {
    const std::string path = golden::path_of(scenario);
    if (only_missing && std::filesystem::exists(path)) continue;
    lab::write_file(path, golden::story_of(scenario));
  }
  return 0;
}
