#include "tests/faults/power_cut_matrix.h"

namespace faults {
namespace {

// A sample of the calls; all of them are in power_cut_full_test.cpp.
TEST_P(PowerLost, At_a_call_the_machine_recovers_to_what_the_journal_names_and_the_command_works) {
  pass(11);
}

INSTANTIATE_TEST_SUITE_P(Every, PowerLost,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
