#include "tests/faults/real_process_matrix.h"

namespace faults {
namespace {

class RealProcessAnywhere : public RealProcess {};

TEST_P(RealProcessAnywhere, Killed_from_outside_recovers_to_what_the_journal_names) {
  pass(1, true);
}

INSTANTIATE_TEST_SUITE_P(Every, RealProcessAnywhere,
                         testing::ValuesIn(scenarios().begin(), scenarios().end()),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace faults
