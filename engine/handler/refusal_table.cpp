#include "engine/handler/refusal_table.h"

#include <algorithm>
#include <array>

namespace engine::handler {
namespace {

using R = Reached;
using E = RefusalEnd;
constexpr std::nullopt_t kAny = std::nullopt;

// clang-format off
constexpr auto kRefusalTable = std::to_array<RefusalRow>({
  // is_busy  has_journal  is_recover  in_safe_mode  reached        joins   gives_back  end
  {true,      kAny,        true,       kAny,         kAny,          kAny,   kAny,       E::kLeftToOther},
  {kAny,      false,       kAny,       kAny,         kAny,          kAny,   kAny,       E::kTold},
  {kAny,      true,        true,       kAny,         kAny,          kAny,   kAny,       E::kTold},
  {kAny,      true,        false,      kAny,         R::kRecovery,  kAny,   kAny,       E::kRecorded},
  {kAny,      true,        false,      kAny,         R::kCall,      kAny,   kAny,       E::kRecorded},  // the second try failed, too
  {kAny,      true,        false,      true,         R::kDecision,  kAny,   kAny,       E::kRecorded},
  {kAny,      true,        false,      false,        R::kDecision,  true,   kAny,       E::kUpdateUndone},
  {kAny,      true,        false,      false,        R::kDecision,  false,  true,       E::kGivenBack},
  {kAny,      true,        false,      false,        R::kDecision,  false,  false,      E::kRecorded},
});
// clang-format on

template <typename Value>
bool fits(const std::optional<Value>& wanted, Value found) {
  return !wanted || *wanted == found;
}

}  // namespace

std::string_view to_text(Reached reached) {
  switch (reached) {
    case R::kRecovery:
      return "recovery";
    case R::kCall:
      return "call";
    case R::kDecision:
      break;
  }
  return "decision";
}

std::string_view to_text(RefusalEnd end) {
  switch (end) {
    case E::kLeftToOther:
      return "left to other";
    case E::kTold:
      return "told";
    case E::kRecorded:
      return "recorded";
    case E::kUpdateUndone:
      return "update undone";
    case E::kGivenBack:
      break;
  }
  return "given back";
}

std::span<const RefusalRow> refusal_table() { return kRefusalTable; }

RefusalEnd decide_refusal(const RefusalSituation& situation) {
  return std::find_if(kRefusalTable.begin(), kRefusalTable.end(),
                      [&](const RefusalRow& row) {
                        return fits(row.is_busy, situation.is_busy) &&
                               fits(row.has_journal, situation.has_journal) &&
                               fits(row.is_recover, situation.is_recover) &&
                               fits(row.in_safe_mode, situation.in_safe_mode) &&
                               fits(row.reached, situation.reached) &&
                               fits(row.joins, situation.joins) &&
                               fits(row.gives_back, situation.gives_back);
                      })
      ->end;
}

}  // namespace engine::handler
