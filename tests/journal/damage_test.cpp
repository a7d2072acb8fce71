// A damaged journal is read whole or set aside, never half: whatever is done to the file, either
// all transactions are there or none, and then the damaged file still lies beside.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "journal/log_tail.h"
#include "tests/journal/scratch.h"
#include "tests/lab/past_triggers.h"
#include "tests/lab/vfs_layer.h"

namespace journal {
namespace {

constexpr std::size_t kPage = 4096;

// A journal with ten settled transactions; with_wal: killed before its checkpoint.
class Damage : public testing::Test {
 protected:
  void SetUp() override {
    lab::VfsLayer::plan().skip_syncs = true;
    auto journal = open_at(scratch_.path("good.db"));
    for (int i = 0; i < kTransactions; ++i)
      run_transaction(*journal, 4);
    ASSERT_TRUE(journal->checkpoint());
    database_ = read_bytes(scratch_.path("good.db"));
    begin(*journal, 2, "enable");
    next(*journal, kTransactions + 1, 1);
    wal_ = read_bytes(scratch_.path("good.db-wal"));
    ASSERT_EQ(database_.size() % kPage, 0U);
  }

  // How many transactions are read; -1: set aside. Fails where neither.
  int open_with(const std::string& database, const std::string& wal = "") {
    const Scratch scratch;
    write_bytes(scratch.journal(), database);
    if (!wal.empty()) write_bytes(scratch.journal() + "-wal", wal);
    int found = -1;
    const errors::ExitCode code = code_of([&] {
      auto journal = open_at(scratch.journal());
      if (journal->was_set_aside().empty()) {
        found = 0;
        for (std::int64_t id = 1; id < journal->next_transaction_id(); ++id) {
          if (journal->transaction(id).command.empty()) continue;
          if (journal->steps(id).empty()) continue;
          ++found;
        }
        return;
      }
      EXPECT_EQ(read_bytes(journal->was_set_aside()), database) << "kept as it was";
      EXPECT_EQ(read_bytes(journal->was_set_aside() + "-wal"), wal);
      EXPECT_EQ(journal->events_after(0).size(), 1U);
      run_transaction(*journal, 1);
    });
    if (code != errors::ExitCode::kSuccess) {
      EXPECT_EQ(code, errors::ExitCode::kJournalUnusable);
      found = -2;
    }
    return found;
  }

  static constexpr int kTransactions = 10;
  const lab::VfsLayer vfs_;
  Scratch scratch_;
  std::string database_;
  std::string wal_;
};

TEST_F(Damage, Undamaged_is_read_whole) {
  EXPECT_EQ(open_with(database_), kTransactions);
  EXPECT_EQ(open_with(database_, wal_), kTransactions + 1);
}

TEST_F(Damage, Truncated_at_any_length_is_set_aside) {
  for (std::size_t page = 0; page * kPage < database_.size(); ++page) {
    for (const std::size_t offset : {0UL, 1UL, 99UL, 100UL, 511UL, 512UL, 2000UL, kPage - 1}) {
      const std::size_t length = page * kPage + offset;
      if (length == 0) continue;  // an empty file is a new journal
      EXPECT_EQ(open_with(database_.substr(0, length)), -1) << length;
    }
  }
}

TEST_F(Damage, Truncated_beside_a_wal_is_set_aside_or_made_whole_by_the_wal) {
  EXPECT_EQ(open_with("", wal_), -1);
  for (std::size_t length = 1; length < database_.size(); length += 1777) {
    const int found = open_with(database_.substr(0, length), wal_);
    EXPECT_TRUE(found == -1 || found == kTransactions + 1) << length << ": " << found;
  }
}

TEST_F(Damage, Garbage_of_any_size_is_set_aside) {
  std::mt19937 random(20261122);
  for (const std::size_t size : {1UL, 15UL, 16UL, 100UL, 512UL, 4096UL, 8192UL, 70000UL}) {
    std::string garbage(size, '\0');
    std::generate(garbage.begin(), garbage.end(), [&] { return static_cast<char>(random()); });
    EXPECT_EQ(open_with(garbage), -1) << size;
    EXPECT_EQ(open_with("SQLite format 3" + garbage), -1) << size;
    std::string overwritten = database_;
    overwritten.replace(kPage * 2, std::min(size, overwritten.size() - kPage * 2), garbage, 0,
                        std::min(size, overwritten.size() - kPage * 2));
    if (size >= 16) {
      EXPECT_EQ(open_with(overwritten), -1) << size;
    }
  }
  EXPECT_EQ(open_with(std::string(8192, '\0')), -1);
}

TEST_F(Damage, Every_page_of_garbage_or_zeros_is_set_aside) {
  std::mt19937 random(7);
  for (std::size_t page = 0; page * kPage < database_.size(); ++page) {
    std::string bytes = database_;
    std::generate_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage,
                    [&] { return static_cast<char>(random()); });
    EXPECT_EQ(open_with(bytes), -1) << page;
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(page * kPage), kPage, '\0');
    EXPECT_EQ(open_with(bytes), -1) << page;
  }
}

TEST_F(Damage, A_flipped_byte_never_loses_transactions_silently) {
  std::mt19937 random(42);
  int whole = 0;
  int aside = 0;
  for (int i = 0; i < 600; ++i) {
    std::string bytes = database_;
    // Half of them where SQLite keeps its structure, half anywhere.
    const std::size_t at = i % 2 == 0 ? (random() % (bytes.size() / kPage)) * kPage + random() % 108
                                      : random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << (random() % 8)));
    const int found = open_with(bytes);
    EXPECT_TRUE(found == -2 || found == -1 || found == kTransactions)
        << "at " << at << ": " << found;
    whole += found == kTransactions ? 1 : 0;
    aside += found == -1 ? 1 : 0;
  }
  EXPECT_GT(whole, 0);
  EXPECT_GT(aside, 0);
}

TEST_F(Damage, A_wal_with_a_damaged_header_is_set_aside) {
  for (const std::size_t at : {0UL, 3UL, 8UL, 16UL, 20UL, 24UL, 31UL}) {
    std::string wal = wal_;
    wal[at] = static_cast<char>(wal[at] ^ 0x55);
    EXPECT_EQ(open_with(database_, wal), -1) << at;
  }
  EXPECT_EQ(open_with(database_, wal_.substr(0, 40)), kTransactions) << "no commit was in it";
}

TEST_F(Damage, A_torn_wal_ends_at_its_last_whole_commit) {
  for (std::size_t length = 0; length <= wal_.size(); length += 509) {
    const int found = open_with(database_, wal_.substr(0, length));
    EXPECT_TRUE(found == kTransactions || found == kTransactions + 1) << length;
  }
}

// SQLite itself ends before a frame that is not what was written, as if it had never been.
TEST_F(Damage, A_bit_within_the_log_is_damage_and_a_log_cut_anywhere_is_none) {
  std::mt19937_64 random;
  constexpr int kFlips = 200;
  for (int i = 0; i < kFlips; ++i) {
    std::string damaged = wal_;
    const std::size_t at = random() % (damaged.size() / 2);  // commits follow
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    write_bytes(scratch_.path("bit-wal"), damaged);
    const bool is_log = is_log_header(damaged);
    EXPECT_TRUE(!is_log || tail_of_log(scratch_.path("bit-wal")) == LogTail::kDamaged) << at;
  }
  for (std::size_t size = 0; size < wal_.size(); size += 100) {
    write_bytes(scratch_.path("cut-wal"), wal_.substr(0, size));
    EXPECT_EQ(tail_of_log(scratch_.path("cut-wal")), LogTail::kNone) << size;
  }
}

TEST_F(Damage, A_log_whose_last_commit_is_not_what_was_written_may_be_torn) {
  std::string torn = wal_;
  torn.back() = static_cast<char>(torn.back() ^ 1);
  write_bytes(scratch_.path("torn-wal"), torn);
  EXPECT_EQ(tail_of_log(scratch_.path("torn-wal")), LogTail::kTorn);
}

TEST_F(Damage, An_image_that_is_no_json_is_never_read_as_none) {
  write_bytes(scratch_.journal(), database_);
  auto journal = open_at(scratch_.journal());
  lab::change_past_triggers(scratch_.journal(), "UPDATE step SET before_image = '{\"a\":'");
  EXPECT_EQ(journal->steps(1)[0].damage, "its before-image is not JSON");
  journal.reset();
  EXPECT_NE(open_at(scratch_.journal())->was_set_aside(), "")
      << "the check of the next open sees it";
}

}  // namespace
}  // namespace journal
