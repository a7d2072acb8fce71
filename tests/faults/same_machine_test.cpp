// What a failing comparison of two machines prints.
#include "tests/lab/same_machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faults {
namespace {

const std::string kWanted = R"({"services": {"A": {"state": "running"}, "B": {"start": 2}}})";

std::string told(const std::string& wanted, const std::string& found) {
  return lab::same_machine(wanted, found).message();
}

TEST(SameMachine, Passes_where_nothing_differs) {
  EXPECT_TRUE(lab::same_machine(kWanted, kWanted));
  EXPECT_TRUE(lab::same_machine(nlohmann::json::parse(kWanted), nlohmann::json::parse(kWanted)));
}

TEST(SameMachine, Names_what_differs_and_nothing_else) {
  const std::string found = R"({"services": {"A": {"state": "stopped"}, "B": {"start": 2}}})";
  EXPECT_FALSE(lab::same_machine(kWanted, found));
  EXPECT_EQ(told(kWanted, found),
            "\n- /services/A/state = \"running\"\n+ /services/A/state = \"stopped\"");
}

TEST(SameMachine, Names_what_is_missing_and_what_is_too_much) {
  EXPECT_EQ(told(R"({"a": 1})", R"({"b": 1})"), "\n- /a = 1\n+ /b = 1");
  EXPECT_EQ(told(R"({"a": {}})", R"({"a": {"b": 1}})"), "\n- /a = null\n+ /a/b = 1");
}

TEST(SameMachine, Compares_lines_where_a_text_is_no_JSON) {
  EXPECT_EQ(told("one\ntwo\n", "one\n2\ntwo\ntwo\n"), "\n+ 2\n+ two");
}

TEST(SameMachine, Fails_where_only_the_order_differs) {
  const std::string lines = "one\ntwo\n";
  const std::string others = "two\none\n";
  EXPECT_FALSE(lab::same_machine(lines, others));
  EXPECT_THAT(told(lines, others), testing::HasSubstr("another order"));
}

}  // namespace
}  // namespace faults
