#include <gtest/gtest.h>

#include "text/time.h"

namespace text {
namespace {

TEST(Clock, A_moment_becomes_text_and_comes_back) {
  EXPECT_EQ(utc_text(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(1795342680123), "2026-11-22T10:18:00.123Z");
  EXPECT_EQ(utc_text(253402300799999), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(utc_ms("2000-02-29T23:59:59.999Z"), 951868799999);
  for (std::int64_t moment = 0; moment < 253402300799999; moment += 86'399'999 * 1009LL) {
    ASSERT_EQ(utc_ms(utc_text(moment)), moment) << utc_text(moment);
  }
}

TEST(Clock, Moments_outside_of_the_years_1970_to_9999_are_taken_to_the_nearest) {
  EXPECT_EQ(utc_text(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc_text(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

TEST(Clock, Text_of_another_form_is_no_time) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T10:18:00Z", "2026-11-22 10:18:00.123Z",
        "2026-11-22T10:18:00.123z", "2026-13-22T10:18:00.123Z", "2026-02-29T10:18:00.123Z",
        "2026-11-22T24:18:00.123Z", "2026-11-22T10:60:00.123Z", "2026-11-22T10:18:60.123Z",
        "2026-11-22T10:18:00.1a3Z", "1969-12-31T23:59:59.999Z", "2026-11-22T10:18:00.123Z "}) {
    EXPECT_EQ(utc_ms(text), -1) << text;
  }
}

}  // namespace
}  // namespace text
