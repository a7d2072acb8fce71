#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

// A sample of the calls; lives and seeds take turns. All of it is in update_matrix_full_test.cpp.
TEST_P(UpdateMatrix, Killed_at_its_calls_every_life_after_it_ends_well) { pass_kills(2, false); }

TEST_P(UpdateMatrix, Power_lost_at_its_calls_every_life_after_it_ends_well) {
  pass_power_cuts(9, false);
}

TEST_P(UpdateMatrix, A_failing_call_leaves_the_old_version_running_at_once) { pass_failures(3); }

TEST_P(UpdateMatrix, A_hang_ends_by_itself_before_the_agents_limit) { pass_hangs(15); }

INSTANTIATE_TEST_SUITE_P(Commands, UpdateMatrix, kUpdateCommands, kCommandName);

}  // namespace
}  // namespace faults
