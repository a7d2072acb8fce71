#include <gtest/gtest.h>

#include <set>
#include <string>

#include "errors/exit_code.h"

namespace errors {
namespace {

// Every enumerator, a second time: a switch without default makes the compiler point here.
bool is_known(ExitCode code) {
  switch (code) {
    case ExitCode::kSuccess:
    case ExitCode::kUnsupportedOs:
    case ExitCode::kGeneric:
    case ExitCode::kBadEnvironment:
    case ExitCode::kNoEnvironment:
    case ExitCode::kDowngradeRefused:
    case ExitCode::kRefusedByPolicy:
    case ExitCode::kCopyFile:
    case ExitCode::kDeleteFolder:
    case ExitCode::kCreateFolder:
    case ExitCode::kFolderNotFound:
    case ExitCode::kCreateTask:
    case ExitCode::kDeleteTask:
    case ExitCode::kStartDriver:
    case ExitCode::kStopDriver:
    case ExitCode::kChangeStartType:
    case ExitCode::kCreateService:
    case ExitCode::kDeleteService:
    case ExitCode::kAddNetshHelper:
    case ExitCode::kRemoveNetshHelper:
    case ExitCode::kRestartService:
    case ExitCode::kInUse:
    case ExitCode::kUpdateStore:
    case ExitCode::kPackageDamaged:
    case ExitCode::kBusy:
    case ExitCode::kJournalUnusable:
    case ExitCode::kJournalTooNew:
    case ExitCode::kInconsistent:
    case ExitCode::kRebootNeeded:
    case ExitCode::kOutOfTime:
    case ExitCode::kDiskFull:
    case ExitCode::kBadSequenceNumber:
    case ExitCode::kUsage:
    case ExitCode::kUnsafeFolder:
    case ExitCode::kMsiProduct:
    case ExitCode::kNotWell:
      return true;
  }
  return false;
}

TEST(ExitCodes, Every_code_has_exactly_one_row) {
  constexpr int kLargest = 2000;
  std::size_t known = 0;
  for (int number = 0; number <= kLargest; ++number) {
    const auto code = static_cast<ExitCode>(number);
    EXPECT_EQ(is_known(code), exit_code_from_number(number).has_value()) << number;
    if (!is_known(code)) continue;
    ++known;
    EXPECT_EQ(exit_code_row(code).code, code) << number;
  }
  EXPECT_EQ(known, exit_codes().size());
}

TEST(ExitCodes, Rows_are_ordered_by_code_and_their_names_are_unique) {
  std::set<std::string_view> names;
  int last = -1;
  for (const ExitCodeRow& row : exit_codes()) {
    EXPECT_GT(static_cast<int>(row.code), last);
    last = static_cast<int>(row.code);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
  }
}

TEST(ExitCodes, Names_are_kebab_case_and_failures_come_with_advice) {
  for (const ExitCodeRow& row : exit_codes()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos)
        << row.name;
    EXPECT_FALSE(row.meaning.empty()) << row.name;
    EXPECT_EQ(row.advice.empty(), row.code == ExitCode::kSuccess) << row.name;
  }
}

TEST(ExitCodes, Numbers_of_the_run_books_keep_their_meaning) {
  EXPECT_EQ(static_cast<int>(ExitCode::kUnsupportedOs), 51);
  EXPECT_EQ(static_cast<int>(ExitCode::kDowngradeRefused), 1005);
  EXPECT_EQ(static_cast<int>(ExitCode::kStartDriver), 1013);
  EXPECT_EQ(static_cast<int>(ExitCode::kStopDriver), 1014);
  EXPECT_EQ(static_cast<int>(ExitCode::kRestartService), 1020);
  EXPECT_EQ(static_cast<int>(ExitCode::kInUse), 1021);
  EXPECT_EQ(static_cast<int>(ExitCode::kUpdateStore), 1022);
  EXPECT_EQ(static_cast<int>(ExitCode::kPackageDamaged), 1101);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 1110);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnsafeFolder), 1111);
  EXPECT_EQ(static_cast<int>(ExitCode::kMsiProduct), 1112);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotWell), 1113);
}

TEST(ExitCodes, A_number_that_is_not_in_the_table_is_no_code) {
  for (const int number : {-1, 1, 50, 1000, 1004, 1100, 1114}) {
    EXPECT_FALSE(exit_code_from_number(number)) << number;
  }
}

TEST(ExitCodes, No_failure_becomes_process_exit_status_0) {
  for (const ExitCodeRow& row : exit_codes()) {
    const int status = process_exit_status(row.code);
    EXPECT_EQ(status == 0, row.code == ExitCode::kSuccess) << row.name;
#ifdef _WIN32
    EXPECT_EQ(status, static_cast<int>(row.code)) << row.name;
#else
    EXPECT_EQ(status, static_cast<int>(row.code) & 0xff) << row.name;  // none ends in 00
#endif
  }
#ifndef _WIN32
  EXPECT_EQ(process_exit_status(static_cast<ExitCode>(1024)), 1);
#endif
}

}  // namespace
}  // namespace errors
