#include <gtest/gtest.h>

#include "errors/failure.h"

namespace errors {
namespace {

Failure start_failure() {
  return {ExitCode::kStartDriver,
          "NetEbpfExt",
          "start driver NetEbpfExt",
          {"StartService", 577, "Windows cannot verify the digital signature"}};
}

TEST(Failure, The_message_says_what_was_tried_on_what_and_what_the_system_answered) {
  EXPECT_EQ(start_failure().message(),
            "Could not start driver NetEbpfExt: Windows cannot verify the digital signature "
            "(StartService: 577)");
  const Failure other(ExitCode::kCopyFile, "C:\\a.sys", "copy a file");
  EXPECT_EQ(other.message(), "Could not copy a file (C:\\a.sys)");
  EXPECT_STREQ(other.what(), "Could not copy a file (C:\\a.sys)");
}

TEST(Failure, Context_is_added_innermost_first) {
  Failure failure = start_failure();
  failure.add_context("while enabling 0.9.1").add_context("while updating 0.9.1 -> 0.10.0");
  EXPECT_TRUE(failure.message().ends_with(
      "(StartService: 577), while enabling 0.9.1, while updating 0.9.1 -> 0.10.0"));
  ASSERT_EQ(failure.context().size(), 2U);
  EXPECT_EQ(failure.context().front(), "while enabling 0.9.1");
}

TEST(Failure, Advice_is_the_codes_unless_the_case_has_its_own) {
  Failure failure = start_failure();
  EXPECT_TRUE(failure.advice().starts_with(exit_code_row(ExitCode::kStartDriver).advice));
  failure.advise("Use signed drivers.");
  EXPECT_EQ(failure.advice(), "Use signed drivers.");
}

TEST(Failure, Advice_that_ends_with_a_comma_or_semicolon_goes_on_with_what_tries_again) {
  Failure failure = start_failure();
  failure.advise("Use signed drivers,");
  EXPECT_EQ(failure.advice(), "Use signed drivers, then run the command again.");
  failure.advise("Use signed drivers;").tried_again_by("deploy the extension again");
  EXPECT_EQ(failure.advice(), "Use signed drivers; then deploy the extension again.");
  EXPECT_EQ(Failure::from_json(failure.to_json()).advice(), failure.advice());
  for (const ExitCodeRow& row : exit_codes()) {
    const std::string advice = Failure(row.code, "object", "try it").advice();
    EXPECT_TRUE(advice.empty() || advice.ends_with('.')) << row.name << ": " << advice;
  }
}

TEST(Failure, Recode_changes_only_the_code) {
  Failure failure = start_failure();
  const std::string before = failure.message();
  failure.recode(ExitCode::kRestartService);
  EXPECT_EQ(failure.code(), ExitCode::kRestartService);
  EXPECT_EQ(failure.message(), before);
}

TEST(Failure, Json_brings_everything_back_for_every_code) {
  for (const ExitCodeRow& row : exit_codes()) {
    Failure failure(row.code, "object", "try it", {"Api", -2147024891, "no \"access\"\n"});
    failure.add_context("while testing").advise("Do nothing.");
    const Failure back = Failure::from_json(nlohmann::json::parse(failure.to_json().dump()));
    EXPECT_EQ(back.code(), row.code);
    EXPECT_EQ(back.object(), failure.object());
    EXPECT_EQ(back.tried(), failure.tried());
    EXPECT_EQ(back.context(), failure.context());
    EXPECT_EQ(back.advice(), failure.advice());
    EXPECT_EQ(back.message(), failure.message());
    ASSERT_TRUE(back.system());
    EXPECT_EQ(back.system()->api, "Api");
    EXPECT_EQ(back.system()->code, -2147024891);
    EXPECT_EQ(back.system()->text, "no \"access\"\n");
  }
}

TEST(Failure, Json_without_a_system_error_has_none) {
  const Failure failure(ExitCode::kBusy, "journal", "take the lock");
  EXPECT_FALSE(failure.to_json().contains("system"));
  EXPECT_FALSE(Failure::from_json(failure.to_json()).system());
}

TEST(Failure, Json_of_another_version_is_read_leniently) {
  const Failure empty = Failure::from_json(nlohmann::json::object());
  EXPECT_EQ(empty.code(), ExitCode::kGeneric);
  EXPECT_EQ(empty.object(), "");
  const Failure newer = Failure::from_json({{"code", 4711}, {"tried", "do it"}, {"colour", "red"}});
  EXPECT_EQ(newer.code(), ExitCode::kGeneric);
  EXPECT_EQ(newer.message(), "Could not do it");
}

}  // namespace
}  // namespace errors
