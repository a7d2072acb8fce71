#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/reserve.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

using errors::ExitCode;

TEST(Reserve, Is_made_of_real_bytes_once) {
  const Scratch scratch;
  const std::string path = scratch.path("reserve");
  make_reserve(path);
  struct stat made {};
  ASSERT_EQ(::stat(path.c_str(), &made), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(made.st_size), kReserveBytes);
  EXPECT_GE(static_cast<std::uint64_t>(made.st_blocks) * 512, kReserveBytes);
  make_reserve(path);
  struct stat again {};
  ASSERT_EQ(::stat(path.c_str(), &again), 0);
  EXPECT_EQ(made.st_mtim.tv_nsec, again.st_mtim.tv_nsec) << "it was long enough";
}

TEST(Reserve, That_is_short_is_made_anew) {
  const Scratch scratch;
  write_bytes(scratch.path("reserve"), "short");
  make_reserve(scratch.path("reserve"));
  EXPECT_EQ(std::filesystem::file_size(scratch.path("reserve")), kReserveBytes);
}

TEST(Reserve, Is_released_only_where_space_is_short) {
  const Scratch scratch;
  const std::string path = scratch.path("reserve");
  make_reserve(path);
  EXPECT_FALSE(release_reserve(path, kReserveBytes));
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(release_reserve(path, kReserveBytes - 1));
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(release_reserve(path, 0)) << "there is none";
}

TEST(Reserve, That_does_not_fit_is_disk_full_and_leaves_nothing) {
  const Scratch scratch;
  const std::string path = scratch.path("reserve");
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{kReserveBytes / 2, kReserveBytes / 2};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const bool full = code_of([&] { make_reserve(path); }) == ExitCode::kDiskFull;
    ::_exit(full && !std::filesystem::exists(path) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Reserve, That_cannot_be_made_for_another_reason_is_unusable) {
  const Scratch scratch;
  EXPECT_EQ(code_of([&] { make_reserve(scratch.path("missing/reserve")); }),
            ExitCode::kJournalUnusable);
}

}  // namespace
}  // namespace journal
