// JSON that others may have written: nesting is bounded before anything recurses over it.
#include "json/json.h"

#include <gtest/gtest.h>

namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(BoundedJson, Up_to_the_limit_is_read_and_beyond_it_is_no_JSON) {
  EXPECT_TRUE(bounded::json(nested(bounded::kMaxJsonDepth)).is_array());
  EXPECT_TRUE(bounded::json(nested(bounded::kMaxJsonDepth + 1)).is_discarded());
  EXPECT_TRUE(bounded::json(nested(10'000)).is_discarded());
  EXPECT_TRUE(bounded::json(std::string(10'000, '{')).is_discarded());
}

TEST(BoundedJson, Brackets_in_a_string_are_text) {
  const std::string text = R"({"a\"[": ")" + std::string(200, '[') + R"(\\"})";
  EXPECT_TRUE(bounded::json(text).is_object()) << text;
}

TEST(BoundedJson, What_is_no_JSON_is_discarded) {
  for (const char* text : {"", "{", "]", "{]", "\xff", "[1,]"})
    EXPECT_TRUE(bounded::json(text).is_discarded()) << text;
}

}  // namespace
