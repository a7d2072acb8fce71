#include "engine/commands/operation_table.h"

#include <algorithm>
#include <array>

namespace engine::commands {
namespace {

using O = OperationOpen;
using C = Command;
using W = Caller;
using S = VersionRelation;
using H = History;
using D = Decision;
constexpr std::nullopt_t kAny = std::nullopt;

// clang-format off
constexpr auto kOperationTable = std::to_array<OperationRow>({
  // open       command         caller            relation        history         decision
  {O::kNone,    C::kInstall,    kAny,             S::kNewer,    H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kInstall,    kAny,             S::kNewer,    kAny,           D::kOpen},
  {O::kNone,    C::kEnable,     kAny,             S::kNewer,    H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kEnable,     kAny,             S::kNewer,    H::kFailed,     D::kRepeat},
  {O::kNone,    C::kEnable,     kAny,             S::kNewer,    kAny,           D::kOpenAndSettle},
  {O::kNone,    C::kUpdate,     kAny,             kAny,         H::kExhausted,  D::kRefuse},
  {O::kNone,    C::kUpdate,     kAny,             kAny,         kAny,           D::kOpen},   // older: the plan refuses
  {O::kNone,    C::kUninstall,  kAny,             kAny,         kAny,           D::kGiveUp, true},
  // `setup` is called once, or by a person: each call is a new attempt.
  {O::kNone,    C::kSetupInstall, kAny,           S::kNewer,    kAny,           D::kOpenAndSettle},
  {O::kNone,    C::kSetupUpdate,  kAny,           S::kNewer,    kAny,           D::kOpenAndSettle},

  {O::kUpdate,  C::kUpdate,     W::kIncoming,     kAny,         H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kUpdate,     W::kIncoming,     kAny,         kAny,           D::kJoin},
  {O::kUpdate,  C::kInstall,    W::kIncoming,     kAny,         H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kInstall,    W::kIncoming,     kAny,         kAny,           D::kJoin},
  {O::kUpdate,  C::kEnable,     W::kIncoming,     kAny,         H::kExhausted,  D::kUndoFirst},
  {O::kUpdate,  C::kEnable,     W::kIncoming,     kAny,         kAny,           D::kSettle},
  {O::kUpdate,  C::kDisable,    kAny,             kAny,         kAny,           D::kJoin},
  {O::kUpdate,  C::kUninstall,  W::kOther,        kAny,         kAny,           D::kRetire},
  {O::kUpdate,  C::kUninstall,  kAny,             kAny,         kAny,           D::kStopUndoFirst},
  {O::kUpdate,  C::kSetupInstall,   W::kBeside,   kAny,         kAny,           D::kLeave},
  {O::kUpdate,  C::kSetupUpdate,    W::kBeside,   kAny,         kAny,           D::kLeave},
  {O::kUpdate,  C::kSetupUninstall, W::kBeside,   kAny,         kAny,           D::kLeave},
  {O::kUpdate,  C::kSetupInstall,   W::kIncoming, kAny,         kAny,           D::kSettle},  // its own, whose process died
  {O::kUpdate,  C::kSetupUpdate,    W::kIncoming, kAny,         kAny,           D::kSettle},

  {O::kHandOver, C::kUpdate,    W::kIncoming,     kAny,         H::kExhausted,  D::kUndoFirst},
  {O::kHandOver, C::kUpdate,    W::kIncoming,     kAny,         kAny,           D::kJoin},
  {O::kHandOver, C::kDisable,   kAny,             kAny,         kAny,           D::kJoin},
  {O::kHandOver, C::kUninstall, W::kOther,        kAny,         kAny,           D::kHandOver},
  {O::kHandOver, C::kUninstall, kAny,             kAny,         kAny,           D::kStopUndoFirst},
  {O::kHandOver, C::kSetupInstall,   W::kBeside,  kAny,         kAny,           D::kLeave},
  {O::kHandOver, C::kSetupUpdate,    W::kBeside,  kAny,         kAny,           D::kLeave},
  {O::kHandOver, C::kSetupUninstall, W::kBeside,  kAny,         kAny,           D::kLeave},

  // Everything else. The plan refuses an older install; reset and recover have no row of their own.
  {O::kUpdate,  kAny,           kAny,             kAny,         kAny,           D::kUndoFirst},
  {O::kHandOver, kAny,          kAny,             kAny,         kAny,           D::kUndoFirst},
  {O::kNone,    kAny,           kAny,             kAny,         kAny,           D::kAlone},
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
    case Decision::kHandOver:
      return "hand over";
    case Decision::kGiveUp:
      return "give up";
    case Decision::kUndoFirst:
      return "undo first";
    case Decision::kStopUndoFirst:
      return "undo first, start nothing";
    case Decision::kRepeat:
      return "repeat";
    case Decision::kRefuse:
      return "refuse";
    case Decision::kLeave:
      return "leave";
  }
  return "unknown";
}

std::span<const OperationRow> operation_table() { return kOperationTable; }

Decision decide(const Situation& situation) {
  const auto* row =
      std::find_if(kOperationTable.begin(), kOperationTable.end(), [&](const OperationRow& r) {
        return r.open == situation.open && fits(r.command, situation.command) &&
               fits(r.caller, situation.caller) && fits(r.relation, situation.relation) &&
               fits(r.history, situation.history) && fits(r.taken_over, situation.taken_over);
      });
  return row->decision;
}

bool opens_update(Decision decision) {
  return decision == Decision::kOpen || decision == Decision::kOpenAndSettle;
}

bool joins_update(Decision decision) {
  return decision == Decision::kJoin || decision == Decision::kSettle ||
         decision == Decision::kRetire || decision == Decision::kHandOver;
}

std::string_view tried_again_by(Command command, Decision decision) {
  if (is_setup(command)) return "run setup again";
  const bool of_update = opens_update(decision) || joins_update(decision) ||
                         decision == Decision::kRepeat || decision == Decision::kRefuse;
  if (!of_update && command == Command::kUninstall)
    return "run uninstall again; where no folder of the extension is left, the recovery task "
           "removes eBPF after a restart of the VM";
  if (!of_update) return "run the command again";
  if (command != Command::kEnable) return "deploy the extension again with a new sequence number";
  return "deploy the extension again with a new sequence number; until then enable only repeats "
         "this failure";
}

bool settles(Decision decision) {
  return decision != Decision::kOpen && decision != Decision::kJoin &&
         decision != Decision::kRetire && decision != Decision::kLeave;
}

}  // namespace engine::commands
