#include "tests/faults/matrix.h"

namespace faults {
namespace {

TEST_P(Matrix, Killed_anywhere_it_recovers_to_what_the_journal_names) { pass_kills(); }

TEST_P(Matrix,
       The_power_gone_anywhere_it_recovers_to_what_the_journal_names_and_the_command_works) {
  pass_power_cuts();
}

TEST_P(Matrix, A_failure_of_any_single_call_leaves_what_the_journal_names) { pass_failures(false); }

TEST_P(Matrix, A_hang_ends_by_itself_before_the_VM_Agents_limit) { pass_hangs(false); }

INSTANTIATE_TEST_SUITE_P(Every, Matrix, kScenarios, kScenarioName);

}  // namespace
}  // namespace faults
