#include "actions/xml_text.h"

#include <gtest/gtest.h>

namespace actions {
namespace {

TEST(XmlText, What_begins_markup_is_escaped_and_nothing_else) {
  EXPECT_EQ(xml_text(""), "");
  EXPECT_EQ(xml_text("<a & b>"), "&lt;a &amp; b&gt;");
  EXPECT_EQ(xml_text("&amp;"), "&amp;amp;");
  EXPECT_EQ(xml_text("C:\\\"\xC3\xA4\"'"), "C:\\\"\xC3\xA4\"'");
}

}  // namespace
}  // namespace actions
