#include "text/visible.h"

#include <gtest/gtest.h>

#include "json/json.h"

namespace text {
namespace {

TEST(Visible, What_can_be_seen_stays_as_it_is) {
  for (const char* text :
       {"", "plain", "two\nlines\tand a tab", "\xC3\xA4\xE4\xBA\xAC\xF0\x9F\x90\x9D"})
    EXPECT_EQ(visible(text), text);
}

TEST(Visible, What_a_terminal_obeys_is_shown_instead) {
  EXPECT_EQ(visible("\x1b[2J"), "\\u001b[2J");
  EXPECT_EQ(visible("a\rb\x7f"), "a\\u000db\\u007f");
  EXPECT_EQ(visible("\xC2\x9B"), "\\u009b") << "the one-byte form of ESC [";
  EXPECT_EQ(visible("evil\xE2\x80\xAE"
                    "exe.txt"),
            "evil\\u202eexe.txt")
      << "right to left";
  EXPECT_EQ(visible("in\xE2\x80\x8Bvisible"), "in\\u200bvisible");
  EXPECT_EQ(visible("tag\xF3\xA0\x80\x81"), "tag\\udb40\\udc01");
}

TEST(Visible, Bytes_that_are_no_UTF_8_are_shown_one_by_one) {
  EXPECT_EQ(visible("\x9b"), "\\x9b");
  EXPECT_EQ(visible("\xC3"), "\\xc3") << "cut";
  EXPECT_EQ(visible("\xC0\xAF"), "\\xc0\\xaf") << "longer than it need be";
  EXPECT_EQ(visible("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "half a pair of UTF-16";
}

TEST(Visible, JSON_stays_JSON_of_the_same_value) {
  const nlohmann::json json{{"name", "a\x7f\xC2\x9B\xE2\x80\xAE\xF3\xA0\x80\x81"}};
  const std::string shown = visible(json.dump());
  EXPECT_EQ(nlohmann::json::parse(shown), json);
  for (const char letter : shown)
    EXPECT_TRUE(letter >= ' ' && letter <= '~') << shown;
}

}  // namespace
}  // namespace text
