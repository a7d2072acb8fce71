#include "engine/operation_table.h"

#include <algorithm>
#include <array>

namespace engine {
namespace {

using O = OperationOpen;
using C = Command;
using W = Caller;
using S = Stands;
using H = History;
using D = Decision;
constexpr std::nullopt_t any = std::nullopt;

// clang-format off
constexpr auto kTable = std::to_array<OperationRow>({
  // open       command         caller            stands        history         decision
  {O::kNone,    C::kInstall,    any,              S::kNewer,    H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kInstall,    any,              S::kNewer,    any,            D::kOpen},
  {O::kNone,    C::kInstall,    any,              any,          any,            D::kAlone},  // older: the plan refuses
  {O::kNone,    C::kEnable,     any,              S::kNewer,    H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kEnable,     any,              S::kNewer,    H::kFailed,     D::kRepeat},
  {O::kNone,    C::kEnable,     any,              S::kNewer,    any,            D::kOpenAndSettle},
  {O::kNone,    C::kEnable,     any,              any,          any,            D::kAlone},
  {O::kNone,    C::kUpdate,     any,              any,          H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kUpdate,     any,              any,          any,            D::kOpen},   // older: the plan refuses
  {O::kNone,    C::kDisable,    any,              any,          any,            D::kAlone},
  {O::kNone,    C::kUninstall,  any,              any,          any,            D::kAlone},

  {O::kUpdate,  C::kUpdate,     W::kIncoming,     any,          H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kUpdate,     W::kIncoming,     any,          any,            D::kJoin},
  {O::kUpdate,  C::kUpdate,     any,              any,          any,            D::kUndoFirst},
  {O::kUpdate,  C::kInstall,    W::kIncoming,     any,          H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kInstall,    W::kIncoming,     any,          any,            D::kJoin},
  {O::kUpdate,  C::kInstall,    any,              any,          any,            D::kUndoFirst},
  {O::kUpdate,  C::kEnable,     W::kIncoming,     any,          H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kEnable,     W::kIncoming,     any,          any,            D::kSettle},
  {O::kUpdate,  C::kEnable,     any,              any,          any,            D::kUndoFirst},
  {O::kUpdate,  C::kDisable,    any,              any,          any,            D::kJoin},
  {O::kUpdate,  C::kUninstall,  W::kOther,        any,          any,            D::kRetire},
  {O::kUpdate,  C::kUninstall,  any,              any,          any,            D::kStopUndoFirst},

  // Not among the above (reset and recover have no plan of their own): begins nothing over commands.
  {O::kUpdate,  any,            any,              any,          any,            D::kUndoFirst},
  {O::kNone,    any,            any,              any,          any,            D::kAlone},
});
// clang-format on

template <typename Value>
bool fits(const std::optional<Value>& wanted, Value found) {
  return !wanted || *wanted == found;
}

}  // namespace

std::string_view to_text(Decision decision) {
  switch (decision) {
    case Decision::kAlone:
      return "alone";
    case Decision::kOpen:
      return "open";
    case Decision::kOpenAndSettle:
      return "open and settle";
    case Decision::kJoin:
      return "join";
    case Decision::kSettle:
      return "settle";
    case Decision::kRetire:
      return "retire";
    case Decision::kUndoFirst:
      return "undo first";
    case Decision::kStopUndoFirst:
      return "undo first, start nothing";
    case Decision::kRepeat:
      return "repeat";
    case Decision::kRefuse:
      return "refuse";
  }
  return "unknown";
}

std::span<const OperationRow> operation_table() { return kTable; }

Decision decide(const Situation& situation) {
  const auto* row = std::find_if(kTable.begin(), kTable.end(), [&](const OperationRow& r) {
    return r.open == situation.open && fits(r.command, situation.command) &&
           fits(r.caller, situation.caller) && fits(r.stands, situation.stands) &&
           fits(r.history, situation.history);
  });
  return row->decision;
}

}  // namespace engine
