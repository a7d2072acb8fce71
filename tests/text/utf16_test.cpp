#include <gtest/gtest.h>

#include "text/utf16.h"

namespace text {
namespace {

using std::string_literals::operator""s;

TEST(Utf16, Code_points_at_every_length_of_UTF_8_are_converted) {
  EXPECT_EQ(utf8_of_utf16(u""), "");
  EXPECT_EQ(utf8_of_utf16(u"a\u007F"), "a\x7F");
  EXPECT_EQ(utf8_of_utf16(u"\u0080\u07FF"), "\xC2\x80\xDF\xBF");
  EXPECT_EQ(utf8_of_utf16(u"\u0800\uD7FF\uE000\uFFFF"),
            "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF");
  EXPECT_EQ(utf8_of_utf16(u"\U00010000\U0010FFFF"), "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST(Utf16, A_NUL_and_a_byte_order_mark_are_characters) {
  EXPECT_EQ(utf8_of_utf16(u"\uFEFFa\0b"s), "\xEF\xBB\xBF" + "a\0b"s);
}

TEST(Utf16, A_surrogate_without_its_other_half_is_refused) {
  for (const std::u16string& text : {u"\xD800"s, u"a\xDBFF"s, u"\xD800z"s, u"\xD800\xD800\xDC00"s,
                                     u"\xDC00"s, u"\xDFFF\xD800"s, u"\xD83D\xE000"s}) {
    EXPECT_EQ(utf8_of_utf16(text), std::nullopt);
  }
}

}  // namespace
}  // namespace text
