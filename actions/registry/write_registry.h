#pragma once

#include <optional>
#include <string>

#include "actions/action_of.h"
#include "actions/machine/registry.h"
#include "actions/registry/registry_image.h"

namespace actions::registry {

struct WriteRegistryImages {
  static constexpr std::string_view kKind = "write-registry";

  struct Parameters {
    std::string key;
    std::string name;
    std::optional<machine::RegistryValue> wanted;  // nullopt: no value
    static void describe(auto& self, auto& visit) {
      visit.required("key", self.key);
      visit.required("name", self.name, Text::kAny);
      visit.nullable("wanted", self.wanted);
    }
  };
  struct Before {
    std::optional<machine::RegistryValue> value;
    bool key = false;  // was there
    static void describe(auto& self, auto& visit) {
      visit.nullable("value", self.value);
      visit.required("key", self.key);
    }
  };
  struct After {
    std::optional<machine::RegistryValue> value;
    static void describe(auto& self, auto& visit) { visit.nullable("value", self.value); }
  };
};

// Gives one value of one key its wanted data, or removes it; for keys whose mere existence tells
// somebody something.
//
// Changes: where data is wanted: sets the value, and makes its key (and that key's parents) where
//   it is missing. Where none is wanted: removes the value, and its key with it if nothing else is
//   in the key. A value that is as wanted already is success, and then its key stays too.
// Saves first: the value raw and with its type, or that there was none; whether the key was there.
// Undo: brings the earlier value back if the present one is as we left it; else undo leaves and
//   reports it. A key that apply made goes again if nothing else is in it. Its parents stay.
// Tolerates: being run again, an end at any point.
// Refuses: a value that does not read back as it was written (PS-38: success without effect).
class WriteRegistry final : public ActionOf<WriteRegistryImages> {
 public:
  using ActionOf::ActionOf;

  std::string target() const override { return given_.key + "\\" + given_.name; }
  std::string sentence() const override {
    return given_.wanted
               ? "Set registry value " + target() + " to " + given_.wanted->data
               : "Remove registry value " + target() + ", and its key if nothing else is in it";
  }
  std::string undo_sentence() const override {
    return given_.wanted ? "Remove the value, or restore the earlier one" : "Put it back";
  }

 private:
  Contexts contexts() const override;
  Before find(Machine&) const override;
  After change(Machine&, const Before&, Deadline) const override;
  UndoResult take_back(Machine&, const Before&, const AfterIfKnown&, Deadline) const override;
  Probe compare(Machine&, const Before&, const AfterIfKnown&) const override;

  bool made_key(machine::Machine& machine, const Before& before) const;  // and it is there
  bool is_empty(machine::Machine& machine) const;
  void write(machine::Machine& machine) const;
};

}  // namespace actions::registry
