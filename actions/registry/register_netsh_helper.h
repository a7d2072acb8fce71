#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Makes netsh load a DLL, by its value under HKLM\SOFTWARE\Microsoft\NetSh.
//
// Changes: one value: the one that names a DLL of that file name already, else a new one named as
//   the DLL without its extension. Its data becomes the DLL's path. One that has this path already
//   is success.
// Saves first: the value's name and data, or that there was none.
// Undo: by value: brings the earlier data back, or removes the value, if it still is ours; another
//   one is left and reported.
// Tolerates: a helper that is registered already, being run again, an end at any point.
// Rejected: running `netsh add helper` (it registers whatever the current directory gives, and
//   prints its errors: PS-52).
class RegisterNetshHelper final : public Action {
 public:
  explicit RegisterNetshHelper(std::string dll);  // "C:\...\ebpfnetsh.dll"
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "register-netsh-helper"; }
  std::string target() const override { return dll_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  std::string dll_;
};

}  // namespace actions
