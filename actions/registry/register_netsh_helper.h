#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/registry/netsh_helpers.h"

namespace actions::registry {

struct RegisterNetshHelperImages {
  static constexpr std::string_view kKind = "register-netsh-helper";
  using Parameters = NetshDll;

  struct Before {
    std::string name;  // of the value that apply sets
    std::optional<machine::RegistryValue> value;
    static void describe(auto& self, auto& visit) {
      visit.required("name", self.name);
      visit.nullable("value", self.value);
    }
  };
  using After = Before;
};

// Makes netsh load a DLL, by its value under HKLM\SOFTWARE\Microsoft\NetSh.
//
// Changes: one value: the value that names a DLL of that file name already, else a new one named as
//   the DLL without its extension. Its data becomes the DLL's path. A value that has this path
//   already is success.
// Saves first: the value's name and data, or that there was none.
// Undo: brings the earlier data back, or removes the value, if it still is ours; another value is
//   left and reported.
// Tolerates: a helper that is registered already, being run again, an end at any point.
// Rejected: running `netsh add helper` (it registers whatever the current directory gives, and
//   prints its errors: PS-52).
class RegisterNetshHelper final : public ActionOf<RegisterNetshHelperImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.dll; }
  std::string sentence() const override { return "Register netsh helper " + given_.dll; }
  std::string undo_sentence() const override {
    return "Remove the registration, or restore the earlier one";
  }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;
  // A value that names the DLL already, in another case, is left as it is.
  machine::RegistryValue wanted(const Before& before) const;
};

}  // namespace actions::registry
