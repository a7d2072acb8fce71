#include "actions/machine/processes.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

TEST_P(ProcessesContract, What_is_missing_or_no_image_has_its_code) {
  const std::int64_t deadline = system().monotonic_ms() + 10'000;
  files().write(path("text.exe"), "no image");
  EXPECT_EQ(code_of([&] { processes().run(path("missing.exe"), {}, deadline); }), 2);
  EXPECT_EQ(code_of([&] { processes().run(path("no\\missing.exe"), {}, deadline); }), 3);
  EXPECT_EQ(code_of([&] { processes().run(path("text.exe"), {}, deadline); }), 193);
  EXPECT_EQ(code_of([&] { processes().run(under_test().folder(), {}, deadline); }), 5);
}

}  // namespace
}  // namespace contract
