#pragma once

#include <string>
#include <vector>

#include "actions/action_of.h"
#include "actions/registry/netsh_helpers.h"

namespace actions::registry {

struct UnregisterNetshHelperImages {
  static constexpr std::string_view kKind = "unregister-netsh-helper";
  using Parameters = NetshDll;

  struct Before {
    std::vector<NetshHelper> helpers;
    static void describe(auto& self, auto& visit) { visit.required("helpers", self.helpers); }
  };
  using After = Before;  // none
};

// Makes netsh load a DLL no longer: removes each value under HKLM\SOFTWARE\Microsoft\NetSh that
// names the DLL, by its path or by its bare name. A helper of that file name in another folder is
// somebody else's.
//
// Saves first: those values, with their names.
// Undo: puts each value back that is missing; a value that somebody else has set meanwhile is left
//   and reported.
// Tolerates: a helper that is not registered, a DLL that is gone, being run again, an end at any
//   point.
// Rejected: running `netsh delete helper` (it loads the DLL first, and fails where the folder is
//   gone: PS-52).
class UnregisterNetshHelper final : public ActionOf<UnregisterNetshHelperImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.dll; }
  std::string sentence() const override { return "Remove netsh helper " + given_.dll; }
  std::string undo_sentence() const override { return "Register it again"; }
  bool deletes() const override { return true; }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
};

}  // namespace actions::registry
