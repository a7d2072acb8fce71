#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/registry.h"

namespace actions {

// Gives one value of one key its wanted data, or removes it; for keys whose mere existence tells
// somebody something.
//
// Changes: wanted: the value, and makes its key (and the parents of that) where it is missing.
//   Absent: removes the value, and its key with it if nothing else is in it. A value that is as
//   wanted already is success, and then its key stays too.
// Saves first: the value raw and with its type, or that there was none; whether the key was there.
// Undo: by value: brings the earlier one back if what is there is as we left it; another one is
// left
//   and reported. A key that was made here goes again if nothing else is in it. Its parents stay.
// Tolerates: being run again, an end at any point.
// Refuses: a value that does not read back as it was written (PS-38: success without effect).
class WriteRegistry final : public Action {
 public:
  // `wanted`: nullopt for none.
  WriteRegistry(std::string key, std::string name, std::optional<machine::RegistryValue> wanted);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "write-registry"; }
  std::string target() const override;
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  struct Before {
    std::optional<machine::RegistryValue> value;
    bool key = false;  // was there
  };
  static Before read(const Json& before);
  bool made_key(machine::Machine& machine, const Before& before) const;  // and it is there
  bool is_empty(machine::Machine& machine) const;
  void write(machine::Machine& machine) const;
  void remove(machine::Machine& machine) const;

  std::string key_;
  std::string name_;
  std::optional<machine::RegistryValue> wanted_;
};

}  // namespace actions
