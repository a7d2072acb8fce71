#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Makes netsh load a DLL no longer: removes each value under HKLM\SOFTWARE\Microsoft\NetSh that
// names it, by its path or by its bare name. A helper of that file name in another folder is
// somebody else's.
//
// Saves first: those values, with their names.
// Undo: puts each one back that is missing; one that somebody else has set meanwhile is left and
//   reported.
// Tolerates: a helper that is not registered, a DLL that is gone, being run again, an end at any
//   point.
// Rejected: running `netsh delete helper` (it loads the DLL first, and fails where the folder is
//   gone: PS-52).
class UnregisterNetshHelper final : public Action {
 public:
  explicit UnregisterNetshHelper(std::string dll);  // "C:\...\ebpfnetsh.dll"
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "unregister-netsh-helper"; }
  std::string target() const override { return dll_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;
  bool deletes() const override { return true; }

 private:
  std::string dll_;
};

}  // namespace actions
