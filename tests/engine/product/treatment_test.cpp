// One table says how a command treats the eBPF that it finds.
#include "engine/product/treatment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <iostream>
#include <set>

namespace engine::product {
namespace {

constexpr std::array kOrigins{Origin::kNothing,   Origin::kOurs, Origin::kAdopted,
                              Origin::kPreserved, Origin::kMsi,  Origin::kUnknown};
constexpr std::array kRelations{FoundVersion::kNothing, FoundVersion::kResidue, FoundVersion::kSame,
                                FoundVersion::kOlder, FoundVersion::kNewer};
constexpr std::array kIntents{Intent::kBring, Intent::kRun, Intent::kStop, Intent::kRemove};

std::string_view to_text(FoundVersion relation) {
  constexpr std::array<std::string_view, 5> kWords{"nothing", "residue", "same", "older", "newer"};
  return kWords.at(static_cast<std::size_t>(relation));
}

template <typename Visit>
void every(Visit visit) {
  for (const Origin origin : kOrigins) {
    for (const FoundVersion relation : kRelations) {
      for (const bool complete : {true, false}) {
        for (const Intent intent : kIntents)
          visit(FoundEbpf{origin, relation, complete}, intent);
      }
    }
  }
}

TEST(TreatmentTable, Has_a_row_for_everything_and_no_row_that_nothing_reaches) {
  std::set<const TreatmentRow*> reached;
  every([&](const FoundEbpf& found, Intent intent) {
    reached.insert(&treatment_row(found, intent));
  });
  for (const TreatmentRow& row : treatment_table())
    EXPECT_TRUE(reached.contains(&row)) << &row - treatment_table().data();
}

TEST(TreatmentTable, Is_printed) {
  std::cout << std::left;
  for (const TreatmentRow& row : treatment_table()) {
    std::cout << "[ row      ] " << std::setw(17) << (row.origin ? to_text(*row.origin) : "any")
              << std::setw(9) << (row.relation ? to_text(*row.relation) : "any") << std::setw(12)
              << (row.complete ? (*row.complete ? "complete" : "incomplete") : "any")
              << std::setw(17) << (row.intent ? to_text(*row.intent) : "any")
              << to_text(row.treatment) << "\n";
  }
}

TEST(TreatmentTable, Replaces_and_removes_nothing_that_somebody_else_keeps_newer_or_owns) {
  every([](const FoundEbpf& found, Intent intent) {
    const Treatment treatment = treatment_of(found, intent);
    const bool is_foreign = found.origin == Origin::kMsi || found.origin == Origin::kUnknown;
    const bool changes = treatment == Treatment::kUpdate || treatment == Treatment::kRemove;
    const bool is_kept =
        found.origin == Origin::kMsi || (is_foreign && found.relation == FoundVersion::kNewer);
    EXPECT_FALSE(is_kept && changes);
    const bool stays = found.origin == Origin::kAdopted || is_foreign;
    EXPECT_FALSE(stays && treatment == Treatment::kRemove);
  });
}

TEST(TreatmentTable, Refuses_only_what_brings_or_starts_a_version) {
  every([](const FoundEbpf& found, Intent intent) {
    if (treatment_of(found, intent) != Treatment::kRefuse) return;
    EXPECT_TRUE(intent == Intent::kBring || intent == Intent::kRun);
    const bool runs_newer = intent == Intent::kRun && found.complete &&
                            found.relation == FoundVersion::kNewer &&
                            found.origin != Origin::kPreserved;
    EXPECT_FALSE(runs_newer) << "enable leaves what is newer and complete";
  });
}

TEST(TreatmentTable, Each_treatment_is_some_rows_and_has_a_name) {
  std::set<std::string_view> names;
  every([&](const FoundEbpf& found, Intent intent) {
    names.insert(product::to_text(treatment_of(found, intent)));
  });
  EXPECT_EQ(names.size(), 10U);
  EXPECT_FALSE(names.contains("unknown"));
}

}  // namespace
}  // namespace engine::product
