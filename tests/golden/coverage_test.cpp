// The golden files have a case of all that a journal can say.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <utility>

#include "actions/catalogue.h"
#include "engine/product/meta.h"
#include "engine/transaction/session.h"
#include "tests/faults/cases.h"
#include "tests/golden/coverage.h"
#include "tests/golden/scenario.h"

namespace golden {
namespace {

// States that the program does not come to with a step of the kind, and why. Those of a failed
// step are told by hand: another program may have come to them.
struct Exception {
  std::string_view kind;
  std::string_view state;
  std::string_view why;
};
constexpr std::string_view kOneChange = "its apply is one change of the machine";
constexpr std::string_view kVital = "vital in every plan: its failure undoes the transaction";
constexpr std::string_view kLast = "best effort where it is the last step: committed with it";
constexpr std::array kExceptions{
    Exception{"add-to-path", "armed-middle", kOneChange},
    Exception{"disable-task", "armed-middle", kOneChange},
    Exception{"enable-task", "armed-middle", kOneChange},
    Exception{"register-netsh-helper", "armed-middle", kOneChange},
    Exception{"register-service", "armed-middle", kOneChange},
    Exception{"register-task", "armed-middle", kOneChange},
    Exception{"remove-from-path", "armed-middle", kOneChange},
    Exception{"set-dependencies", "armed-middle", kOneChange},
    Exception{"set-start-type", "armed-middle", kOneChange},
    Exception{"unregister-netsh-helper", "armed-middle", kOneChange},
    Exception{"unregister-service", "armed-middle", kOneChange},
    Exception{"unregister-task", "armed-middle", kOneChange},
    Exception{"place-files", "failed", kVital},
    Exception{"preserve-installation", "failed", kVital},
    Exception{"register-service", "failed", kVital},
    Exception{"remove-files", "failed", kVital},
    Exception{"set-dependencies", "failed", kVital},
    Exception{"set-start-type", "failed", kVital},
    Exception{"stage-files", "failed", kVital},
    Exception{"stop-service", "failed", kVital},
    Exception{"take-back-deletions", "failed", kVital},
    Exception{"unregister-service", "failed", kVital},
    Exception{"run-store-export", "failed", kLast},
    Exception{"start-service", "failed", kLast},
    Exception{"write-registry", "failed", kLast},
};

constexpr std::array kTransactionStates{"open",    "undoing",       "committed",   "undone",
                                        "refused", "reboot-needed", "inconsistent"};
constexpr std::array kOperationStates{"open",   "undoing",       "settled",
                                      "undone", "reboot-needed", "inconsistent"};
constexpr std::array kMetaKeys{engine::product::meta::kSettledVersion,
                               engine::product::meta::kSettledHandler,
                               engine::product::meta::kInstallFolder,
                               engine::product::meta::kPackage,
                               engine::product::meta::kRestartDue,
                               engine::product::meta::kDisabled,
                               engine::product::meta::kDependencies,
                               engine::product::meta::kStoreEntries,
                               engine::product::meta::kTasksOff,
                               engine::product::meta::kPreserved,
                               engine::product::meta::kTakeOver,
                               engine::product::meta::kInconsistent,
                               engine::product::meta::kPackageFolders,
                               engine::product::meta::kUninstallDue,
                               engine::product::meta::kQueued,
                               "schema",
                               "min_program",
                               "machine_id",
                               "created"};  // the journal's own

const Coverage& golden_coverage() {
  static const Coverage kCoverage = coverage();
  return kCoverage;
}

int count_of(const std::map<std::string, int>& counts, const std::string& name) {
  const auto found = counts.find(name);
  return found == counts.end() ? 0 : found->second;
}

bool is_excepted(std::string_view kind, std::string_view state) {
  return std::any_of(kExceptions.begin(), kExceptions.end(), [&](const Exception& exception) {
    return exception.kind == kind && exception.state == state;
  });
}

// Prints a row, and fails where one of the names has no case.
template <typename Names>
void expect_all(const std::string& row, const Names& names,
                const std::map<std::string, int>& counts) {
  faults::Tally tally("golden, " + row);
  for (const auto& name : names) {
    const int count = count_of(counts, std::string(name));
    tally.add(name, count);
    EXPECT_GT(count, 0) << row << ": no case of " << name;
  }
}

TEST(GoldenCoverage, Has_a_case_of_each_kind_in_each_state) {
  for (const std::string_view kind : actions::kinds()) {
    const auto found = golden_coverage().steps.find(std::string(kind));
    ASSERT_NE(found, golden_coverage().steps.end()) << kind;
    std::vector<std::string> wanted;
    for (const std::string& state : kStepStates)
      if (!is_excepted(kind, state)) wanted.push_back(state);
    expect_all(std::string(kind), wanted, found->second);
  }
}

TEST(GoldenCoverage, Has_a_case_of_each_state_of_transactions_and_operations) {
  expect_all("transactions", kTransactionStates, golden_coverage().transactions);
  expect_all("operations", kOperationStates, golden_coverage().operations);
}

TEST(GoldenCoverage, Has_a_case_of_each_meta_key) {
  expect_all("meta", kMetaKeys, golden_coverage().meta);
}

TEST(GoldenCoverage, Has_a_case_of_each_situation_that_recovery_must_read) {
  expect_all("situations", situations(), golden_coverage().situations);
  faults::Tally tally("golden");
  tally.add("cases", golden_coverage().cases);
  tally.add("lives", golden_coverage().lives);
}

TEST(GoldenCoverage, Has_a_scenario_for_each_file) {
  for (const auto& entry :
       std::filesystem::directory_iterator(EBPF_TEST_SOURCE "/tests/golden/cases"))
    EXPECT_NO_THROW(scenario_of(entry.path().stem().string())) << entry.path();
}

// An exception that has become possible is no exception.
TEST(GoldenCoverage, Has_no_case_by_the_program_of_what_is_said_to_be_impossible) {
  faults::Tally tally("golden, by hand");
  for (const Exception& exception : kExceptions) {
    const std::string kind(exception.kind);
    const std::string state(exception.state);
    EXPECT_EQ(count_of(golden_coverage().steps.at(kind), state), 0)
        << kind << ": " << exception.why;
    if (state != "failed") continue;
    const auto by_hand = golden_coverage().by_hand.find(kind);
    const bool told = by_hand != golden_coverage().by_hand.end();
    EXPECT_GT(told ? count_of(by_hand->second, state) : 0, 0) << kind << ": not told by hand";
    tally.add(kind + " failed", 1);
  }
}

}  // namespace
}  // namespace golden
