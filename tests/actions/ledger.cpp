#include "tests/actions/ledger.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <map>

namespace actions::testing {
namespace {

struct Line {
  int runs = 0;
  Entry sum;

  void add(const Entry& entry, int of_runs = 1) {
    runs += of_runs;
    sum.calls += entry.calls;
    sum.before += entry.before;
    sum.after += entry.after;
    sum.inside += entry.inside;
    sum.machines += entry.machines;
    sum.cases += entry.cases;
    sum.seconds += entry.seconds;
  }
  void print(const std::string& way) const {
    std::printf("%-42s%10d%8d%8d%8d%8d%10d%8d%9.2f\n", way.c_str(), runs, sum.calls, sum.before,
                sum.after, sum.inside, sum.machines, sum.cases, sum.seconds);
  }
};

class Ledger final : public ::testing::Environment {
 public:
  void enter(const Entry& entry) { lines_[entry.way].add(entry); }

  void TearDown() override {
    bool more_than_one = false;
    Line all;
    for (const auto& [way, line] : lines_) {
      more_than_one = more_than_one || line.runs > 1;
      all.add(line.sum, line.runs);
    }
    if (!more_than_one) return;
    std::printf("%-42s%10s%8s%8s%8s%8s%10s%8s%9s\n", "way", "runs", "calls", "before", "after",
                "inside", "machines", "cases", "seconds");
    for (const auto& [way, line] : lines_)
      line.print(way);
    all.print("all");
  }

 private:
  std::map<std::string, Line> lines_;
};

// GoogleTest owns it.
Ledger& ledger() {
  static auto* const kLedger = new Ledger;
  return *kLedger;
}

const auto* const kRegistered = ::testing::AddGlobalTestEnvironment(&ledger());

}  // namespace

void enter(const Entry& entry) { ledger().enter(entry); }

}  // namespace actions::testing
