// What the page of `journal export --html` is made of.
#include "engine/support/html/difference.h"
#include "engine/support/html/scale.h"
#include "engine/support/html/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace engine::support::html {
namespace {

using Kind = Difference::Kind;
using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(HtmlText, Markup_is_text_also_in_an_attribute) {
  EXPECT_EQ(escaped("<a href=\"x\" b='y'>&amp;</a>"),
            "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
}

TEST(HtmlText, What_controls_or_is_not_seen_is_named_and_letters_of_any_script_stay) {
  EXPECT_EQ(escaped(std::string_view("a\0b\x1B\x7F", 5)), R"(a\u0000b\u001b\u007f)");
  EXPECT_EQ(escaped("\xC2\x85\xE2\x80\x8B\xE2\x80\xAE\xE2\x81\xA6\xEF\xBB\xBF"),
            R"(\u0085\u200b\u202e\u2066\ufeff)");
  EXPECT_EQ(escaped("\xF3\xA0\x80\x81"), R"(\udb40\udc01)");
  EXPECT_EQ(escaped("line\r\nline\tx\r"), "line\nline\tx\\u000d");
  const std::string letters = "Grüße, Ελλάδα, 日本, \xF0\x9F\x90\x9D";
  EXPECT_EQ(escaped(letters), letters);
}

TEST(HtmlText, Bytes_that_are_no_UTF_8_are_shown_and_take_nothing_with_them) {
  EXPECT_EQ(escaped("a\xFFz"), R"(a\xffz)");
  EXPECT_EQ(escaped("\xC3<"), R"(\xc3&lt;)") << "what follows is no part of it";
}

std::vector<std::string> rows(const Differences& all) {
  std::vector<std::string> texts;
  for (const Difference& row : all.rows) {
    const std::string kind = std::vector<std::string>{"changed", "after", "before", "asked",
                                                      "same"}[static_cast<std::size_t>(row.kind)];
    texts.push_back(kind + " " + row.field + ": " + row.before +
                    (row.kind == Kind::kChanged ? " -> " + row.after : ""));
  }
  return texts;
}

TEST(ImageDifference, Tells_what_changed_what_is_known_of_one_side_and_what_is_the_same) {
  EXPECT_THAT(rows(differences(Json::parse(R"({"name": "x", "wanted": {"start": 2}})"),
                               Json::parse(R"({"config": {"start": 3, "type": 1}, "state": "a"})"),
                               Json::parse(R"({"config": {"start": 2, "type": 1}, "pid": 7})"))),
              ElementsAre("changed config.start: 3 -> 2", "after pid: 7", "before state: a",
                          "asked name: x", "asked wanted.start: 2", "same config.type: 1"));
}

TEST(ImageDifference, Of_a_step_that_has_not_begun_is_what_it_was_asked_for) {
  EXPECT_THAT(rows(differences(Json::parse(R"({"folder": "C:\\x"})"), nullptr, nullptr)),
              ElementsAre("asked folder: C:\\x"));
  EXPECT_TRUE(differences(nullptr, nullptr, nullptr).rows.empty());
}

TEST(ImageDifference, The_elements_of_a_list_are_told_apart_by_their_names_not_by_their_places) {
  const Json before =
      Json::parse(R"({"files": [{"path": "bin\\a.sys", "size": 1}, {"path": "b", "size": 2}]})");
  const Json after = Json::parse(
      R"({"files": [{"path": "C:\\x\\b", "size": 2}, {"path": "C:\\x\\bin\\a.sys", "size": 3}]})");
  EXPECT_THAT(rows(differences(nullptr, before, after)),
              ElementsAre("changed files[a.sys]: size 1 -> size 3", "same files[b]: size 2"));
}

TEST(ImageDifference, Of_a_long_text_what_differs_is_shown_and_a_long_digest_is_cut) {
  const std::string path = std::string(300, 'p') + ";C:\\Windows";
  const Differences all =
      differences(nullptr, {{"path", path}, {"sha256", std::string(64, 'a')}},
                  {{"path", path + ";C:\\eBPF"}, {"sha256", std::string(64, 'b')}});
  ASSERT_EQ(all.rows.size(), 2U);
  EXPECT_THAT(all.rows[0].before, testing::EndsWith(";C:\\Windows"));
  EXPECT_THAT(all.rows[0].after, testing::EndsWith(";C:\\Windows;C:\\eBPF"));
  EXPECT_LE(all.rows[0].after.size(), 60U);
  EXPECT_EQ(all.rows[1].after, "bbbbbbbbbbbb...");
}

TEST(ImageDifference, Too_many_are_counted) {
  Json many = Json::object();
  for (int i = 0; i < 100; ++i)
    many["k" + std::to_string(i)] = i;
  const Differences all = differences(nullptr, many, nullptr);
  EXPECT_EQ(all.rows.size(), kMostDifferences);
  EXPECT_EQ(all.left_out, 100 - kMostDifferences);
}

TEST(HtmlScale, Places_a_time_by_its_share_and_what_is_outside_at_an_end) {
  const Scale scale{1'000, 3'000};
  EXPECT_EQ(scale.position(1'000), "0%");
  EXPECT_EQ(scale.position(1'250), "12.50%");
  EXPECT_EQ(scale.position(9'000), "100%");
  EXPECT_EQ(scale.position(-1), "0%");
  EXPECT_EQ(scale.width(2'000, 3'000), "50%");
  EXPECT_EQ(scale.width(2'000, 2'000), "0.40%") << "it is seen";
  EXPECT_EQ((Scale{5, 5}.position(5)), "0%");
}

TEST(HtmlScale, A_band_has_each_time_in_which_something_was_down_and_says_it) {
  const Scale scale{1'000, 11'000};
  product::Downtime down;
  EXPECT_EQ(in_words(down), "not stopped");
  down.ms = 2'000;
  down.intervals = {{"1970-01-01T00:00:02.000Z", "1970-01-01T00:00:04.000Z"}};
  EXPECT_EQ(in_words(down), "down 2.0 s");
  EXPECT_THAT(band(scale, down), HasSubstr("x=\"10%\" width=\"20%\""));
  down.since = "1970-01-01T00:00:10.000Z";
  down.intervals.push_back({down.since, ""});
  EXPECT_EQ(in_words(down), "down since 1970-01-01 00:00:10");
  EXPECT_THAT(band(scale, down), HasSubstr("x=\"90%\" width=\"10%\""));
}

}  // namespace
}  // namespace engine::support::html
