#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

// Kills and power cuts are whole in update_matrix_test.cpp already.
class WholeUpdateMatrix : public UpdateMatrix {};

TEST_P(WholeUpdateMatrix, Any_failing_call_leaves_the_old_version_running_at_once) {
  pass_failures(1, true);
}

TEST_P(WholeUpdateMatrix, Any_hang_ends_by_itself_before_the_VM_Agents_limit) {
  pass_hangs(1, true);
}

INSTANTIATE_TEST_SUITE_P(Commands, WholeUpdateMatrix, testing::ValuesIn(commands_of_an_update()),
                         kCommandName);

}  // namespace
}  // namespace faults
