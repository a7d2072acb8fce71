#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "journal/lock.h"
#include "tests/journal/scratch.h"

namespace journal {
namespace {

using errors::ExitCode;
using std::chrono::milliseconds;

TEST(Lock, A_second_one_is_told_who_holds_the_first) {
  const Scratch scratch;
  auto first = Lock::acquire(scratch.path("lock"), "1234 enable\nmore", milliseconds{0});
  std::string message;
  for (const milliseconds patience : {milliseconds{0}, milliseconds{30}}) {
    EXPECT_EQ(
        code_of([&] { Lock::acquire(scratch.path("lock"), "1 install", patience); }, &message),
        ExitCode::kBusy);
    EXPECT_NE(message.find("1234 enable"), std::string::npos) << message;
    EXPECT_EQ(message.find("more"), std::string::npos) << "one line";
  }
  first.reset();
  EXPECT_NO_THROW(Lock::acquire(scratch.path("lock"), "1 install", milliseconds{0}));
}

TEST(Lock, Goes_with_a_holder_that_is_killed_and_not_before) {
  const Scratch scratch;
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto lock = Lock::acquire(scratch.path("lock"), "77 uninstall", milliseconds{0});
    if (::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;)
      ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  std::string message;
  EXPECT_EQ(code_of([&] { Lock::acquire(scratch.path("lock"), "1 a", milliseconds{0}); }, &message),
            ExitCode::kBusy);
  EXPECT_NE(message.find("77 uninstall"), std::string::npos) << message;
  ::kill(holder, SIGKILL);
  int status = 0;
  ::waitpid(holder, &status, 0);
  EXPECT_NO_THROW(Lock::acquire(scratch.path("lock"), "1 a", milliseconds{0}));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST(Lock, Is_not_inherited_by_a_program_that_the_holder_starts) {
  const Scratch scratch;
  auto lock = Lock::acquire(scratch.path("lock"), "1 a", milliseconds{0});
  std::array<int, 2> hold{};
  ASSERT_EQ(::pipe(hold.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(hold[1]);
    ::dup2(hold[0], 0);
    ::execl("/bin/cat", "cat", nullptr);  // lives until its input ends
    ::_exit(1);
  }
  // The child has been replaced by cat once a write of ours is what only cat can answer; the lock
  // file's descriptor is closed by then at the latest. Until then fork's copy may hold the lock.
  lock.reset();
  EXPECT_NO_THROW(Lock::acquire(scratch.path("lock"), "2 b", std::chrono::seconds{20}));
  ::close(hold[1]);
  ::close(hold[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
}

TEST(Lock, Says_unknown_where_the_holder_has_written_nothing) {
  const Scratch scratch;
  const auto lock = Lock::acquire(scratch.path("lock"), "", milliseconds{0});
  std::string message;
  code_of([&] { Lock::acquire(scratch.path("lock"), "1 a", milliseconds{0}); }, &message);
  EXPECT_NE(message.find("an unknown process"), std::string::npos) << message;
}

TEST(Lock, Who_holds_it_is_told_without_taking_or_making_it) {
  const Scratch scratch;
  const std::string path = scratch.path("lock");
  EXPECT_EQ(Lock::holder(path), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(path));
  auto lock = Lock::acquire(path, "1234 enable", milliseconds{0});
  EXPECT_EQ(Lock::holder(path), "1234 enable");
  EXPECT_EQ(Lock::holder(path), "1234 enable");
  lock.reset();
  EXPECT_EQ(Lock::holder(path), std::nullopt);
  EXPECT_NO_THROW(Lock::acquire(path, "1 install", milliseconds{0}));
  std::filesystem::create_symlink(path, scratch.path("link"));
  EXPECT_EQ(code_of([&] { Lock::holder(scratch.path("link")); }), ExitCode::kJournalUnusable);
}

TEST(Lock, What_cannot_be_a_lock_file_is_unusable) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path("folder"));
  std::filesystem::create_symlink(scratch.path("elsewhere"), scratch.path("link"));
  ASSERT_EQ(::mkfifo(scratch.path("fifo").c_str(), 0600), 0);
  for (const char* name : {"folder", "link", "fifo", "missing/lock"}) {
    EXPECT_EQ(code_of([&] { Lock::acquire(scratch.path(name), "1 a", milliseconds{0}); }),
              ExitCode::kJournalUnusable)
        << name;
  }
  EXPECT_FALSE(std::filesystem::exists(scratch.path("elsewhere")));
}

}  // namespace
}  // namespace journal
