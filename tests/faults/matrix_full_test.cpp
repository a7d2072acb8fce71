#include "tests/faults/matrix.h"

namespace faults {
namespace {

// Kills and power cuts are whole in matrix_test.cpp already.
class WholeMatrix : public Matrix {};

TEST_P(WholeMatrix, Each_kind_of_failure_at_every_call_leaves_what_the_journal_names) {
  pass_failures(true);
}

TEST_P(WholeMatrix, Each_kind_of_hang_at_every_call_ends_by_itself_before_the_VM_Agents_limit) {
  pass_hangs(true);
}

INSTANTIATE_TEST_SUITE_P(Every, WholeMatrix, kScenarios, kScenarioName);

}  // namespace
}  // namespace faults
