#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

class WholeUpdateMatrix : public UpdateMatrix {};

TEST_P(WholeUpdateMatrix, Killed_at_every_call_every_life_after_it_ends_well) { pass(1, true); }

INSTANTIATE_TEST_SUITE_P(Commands, WholeUpdateMatrix, kUpdateCommands, kCommandName);

}  // namespace
}  // namespace faults
