#include "tests/faults/power_cut_matrix.h"

namespace faults {
namespace {

class PowerLostAnywhere : public PowerLost {};

TEST_P(PowerLostAnywhere, The_machine_recovers_to_what_the_journal_names_and_the_command_works) {
  pass(1);
}

INSTANTIATE_TEST_SUITE_P(Every, PowerLostAnywhere,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
