#include "engine/transaction/phase.h"

#include <array>
#include <cstddef>

namespace engine::transaction {
namespace {

using P = Phase;
using V = Vital;

// clang-format off
constexpr auto kPhaseTable = std::to_array<PhaseRow>({
  // phase           name              vital               flush if held
  {P::kInherit,      "inherit",        V::kAlways,         false},
  {P::kArm,          "arm",            V::kUnlessRemoval,  false},  // a removal goes on without room for the copy, so that little stays
  {P::kGuard,        "guard",          V::kNever,          false},
  {P::kStage,        "stage",          V::kAlways,         false},
  {P::kStop,         "stop",           V::kAlways,         false},
  {P::kHold,         "hold",           V::kAlways,         false},
  {P::kChange,       "change",         V::kAlways,         true},
  {P::kTakeOff,      "take off",       V::kNever,          false},
  {P::kRemove,       "remove",         V::kAlways,         false},
  {P::kStart,        "start",          V::kAlways,         false},
  {P::kEnableAtBoot, "enable at boot", V::kAlways,         false},
  {P::kResume,       "resume",         V::kUnlessRemoval,  false},
  {P::kExtras,       "extras",         V::kNever,          false},
  {P::kRelease,      "release",        V::kNever,          false},
});
// clang-format on

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kPhaseTable.size(); ++i) {
    if (kPhaseTable[i].phase != static_cast<Phase>(i)) return false;
  }
  return kPhaseTable.size() == static_cast<std::size_t>(Phase::kRelease) + 1;
}
static_assert(is_in_order());

}  // namespace

const PhaseRow& phase_row(Phase phase) { return kPhaseTable.at(static_cast<std::size_t>(phase)); }

}  // namespace engine::transaction
