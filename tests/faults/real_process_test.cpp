#include "tests/faults/real_process_matrix.h"

namespace faults {
namespace {

// Every third call, before and after it in turns; all of it is in real_process_full_test.cpp.
TEST_P(RealProcess, Killed_from_outside_at_its_calls_recovers_to_what_the_journal_names) {
  pass(3, false);
}

INSTANTIATE_TEST_SUITE_P(Every, RealProcess,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
