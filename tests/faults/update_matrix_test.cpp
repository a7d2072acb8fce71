#include "tests/faults/update_matrix.h"

namespace faults {
namespace {

// Every third call, and the lives take turns; all of it is in update_matrix_full_test.cpp.
TEST_P(UpdateMatrix, Killed_at_its_calls_every_life_after_it_ends_well) { pass(3, false); }

INSTANTIATE_TEST_SUITE_P(Commands, UpdateMatrix, kUpdateCommands, kCommandName);

}  // namespace
}  // namespace faults
