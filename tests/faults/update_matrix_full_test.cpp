#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

class WholeUpdateMatrix : public UpdateMatrix {};

TEST_P(WholeUpdateMatrix, Killed_at_every_call_every_life_after_it_ends_well) {
  pass_kills(1, true);
}

TEST_P(WholeUpdateMatrix, Power_lost_at_every_call_every_life_after_it_ends_well) {
  pass_power_cuts(1, true);
}

TEST_P(WholeUpdateMatrix, Any_failing_call_leaves_the_old_version_running_at_once) {
  pass_failures(1);
}

TEST_P(WholeUpdateMatrix, Any_hang_ends_by_itself_before_the_agents_limit) { pass_hangs(1); }

INSTANTIATE_TEST_SUITE_P(Commands, WholeUpdateMatrix, kUpdateCommands, kCommandName);

}  // namespace
}  // namespace faults
