#include "engine/product/treatment.h"

#include <algorithm>
#include <array>

namespace engine::product {
namespace {

using O = Origin;
using V = FoundVersion;
using I = Intent;
using T = Treatment;
constexpr std::nullopt_t kAny = std::nullopt;

// clang-format off
constexpr auto kTreatmentTable = std::to_array<TreatmentRow>({
  // origin        relation      complete  intent       treatment
  {kAny,           kAny,         kAny,     I::kStop,    T::kStop},
  {O::kOurs,       kAny,         kAny,     I::kRemove,  T::kRemove},
  {O::kPreserved,  kAny,         kAny,     I::kRemove,  T::kRemove},    // its own handler may be gone
  {O::kAdopted,    kAny,         kAny,     I::kRemove,  T::kGiveBack},
  {O::kMsi,        kAny,         kAny,     I::kRemove,  T::kGiveBack},
  {kAny,           kAny,         kAny,     I::kRemove,  T::kLeave},

  {O::kNothing,    kAny,         kAny,     kAny,        T::kInstall},   // also over files without registrations

  {O::kMsi,        V::kSame,     kAny,     kAny,        T::kUse},
  {O::kMsi,        V::kNewer,    true,     I::kRun,     T::kLeave},
  {O::kMsi,        kAny,         kAny,     kAny,        T::kRefuse},    // its repair would put its own files back

  {O::kUnknown,    V::kSame,     kAny,     kAny,        T::kAdopt},
  {O::kUnknown,    V::kNewer,    true,     I::kRun,     T::kLeave},

  {O::kOurs,       V::kNewer,    kAny,     I::kRun,     T::kConverge},  // damage: one newer image among others
  {O::kAdopted,    V::kNewer,    kAny,     I::kRun,     T::kConverge},
  {kAny,           V::kNewer,    kAny,     kAny,        T::kRefuse},
  {kAny,           V::kOlder,    kAny,     I::kBring,   T::kUpdate},
  {O::kUnknown,    V::kOlder,    kAny,     I::kRun,     T::kUpdate},
  {O::kPreserved,  V::kOlder,    kAny,     I::kRun,     T::kUpdate},
  {kAny,           kAny,         kAny,     kAny,        T::kConverge},
});
// clang-format on

template <typename Value>
bool fits(const std::optional<Value>& wanted, Value found) {
  return !wanted || *wanted == found;
}

}  // namespace

std::string_view to_text(Origin origin) {
  switch (origin) {
    case O::kNothing:
      return "nothing";
    case O::kOurs:
      return "ours";
    case O::kAdopted:
      return "adopted";
    case O::kPreserved:
      return "preserved";
    case O::kMsi:
      return "an MSI product's";
    case O::kUnknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_text(Intent intent) {
  switch (intent) {
    case I::kBring:
      return "install, update";
    case I::kRun:
      return "enable";
    case I::kStop:
      return "disable";
    case I::kRemove:
      return "uninstall";
  }
  return "unknown";
}

std::string_view to_text(Treatment treatment) {
  switch (treatment) {
    case T::kInstall:
      return "install";
    case T::kConverge:
      return "converge";
    case T::kAdopt:
      return "adopt";
    case T::kUse:
      return "use";
    case T::kUpdate:
      return "update in place";
    case T::kLeave:
      return "leave with a warning";
    case T::kRefuse:
      return "refuse before the first stop";
    case T::kStop:
      return "stop";
    case T::kRemove:
      return "remove";
    case T::kGiveBack:
      return "leave as found";
  }
  return "unknown";
}

std::span<const TreatmentRow> treatment_table() { return kTreatmentTable; }

const TreatmentRow& treatment_row(const FoundEbpf& found, Intent intent) {
  return *std::find_if(
      kTreatmentTable.begin(), kTreatmentTable.end(), [&](const TreatmentRow& row) {
        return fits(row.origin, found.origin) && fits(row.relation, found.relation) &&
               fits(row.complete, found.complete) && fits(row.intent, intent);
      });
}

Treatment treatment_of(const FoundEbpf& found, Intent intent) {
  return treatment_row(found, intent).treatment;
}

}  // namespace engine::product
