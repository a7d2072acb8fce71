#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

TEST_P(UpdateMatrix, Killed_anywhere_every_life_after_it_ends_well) { pass_kills(); }

TEST_P(UpdateMatrix, The_power_gone_anywhere_every_life_after_it_ends_well) { pass_power_cuts(); }

// A third of the calls; all of them are in update_matrix_full_test.cpp.
TEST_P(UpdateMatrix, A_failing_call_leaves_the_old_version_running_at_once) {
  pass_failures(3, false);
}

TEST_P(UpdateMatrix, A_hang_ends_by_itself_before_the_VM_Agents_limit) { pass_hangs(3, false); }

INSTANTIATE_TEST_SUITE_P(Commands, UpdateMatrix, testing::ValuesIn(commands_of_an_update()),
                         kCommandName);

}  // namespace
}  // namespace faults
