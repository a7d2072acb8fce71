#include <gtest/gtest.h>

#include "text/xml.h"

namespace text {
namespace {

TEST(XmlText, What_begins_markup_is_escaped_and_nothing_else) {
  EXPECT_EQ(xml_content(""), "");
  EXPECT_EQ(xml_content("<a & b>"), "&lt;a &amp; b&gt;");
  EXPECT_EQ(xml_content("&amp;"), "&amp;amp;");
  EXPECT_EQ(xml_content("C:\\\"\xC3\xA4\"'"), "C:\\\"\xC3\xA4\"'");
}

}  // namespace
}  // namespace text
