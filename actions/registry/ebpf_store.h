#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"
#include "actions/machine/registry.h"

namespace actions {

// The eBPF store in the registry, from which tools know programs, attach types and helpers: all
// keys below Software\eBPF, of the machine and of SYSTEM. The values of that key itself are not the
// store's: a policy lives there.
class EbpfStore {
 public:
  EbpfStore() = default;  // empty
  // Whether anything is registered in it, for the machine or for SYSTEM. Cheaper than reading it.
  static bool is_written(machine::Machine& machine);
  static EbpfStore on(machine::Machine& machine);
  explicit EbpfStore(const Fields& image);
  Json image() const;

  // Brings each value back to what it is in `before`, if it still is as in `left` (nullptr: what
  // was left is not known, then all are ours); others are left and reported in `result`. Keys that
  // were not there go if nothing is in them. Keys without values do not come back.
  static void restore(machine::Machine& machine, const EbpfStore& before, const EbpfStore* left,
                      UndoResult& result);

  // The values and keys of this store that `before` did not have, or that were `ours` already.
  EbpfStore added_to(const EbpfStore& before, const EbpfStore& ours) const;
  // This store without those values of `ours` that still are as they are there, and without its
  // keys as far as nothing is in them then.
  EbpfStore without(const EbpfStore& ours) const;

  bool operator==(const EbpfStore& other) const { return values_ == other.values_; }

 private:
  struct Value {
    std::string key;   // as stored
    std::string name;  // as stored
    machine::RegistryValue data;
    bool operator==(const Value& other) const { return data == other.data; }
  };
  using Place = std::pair<std::string, std::string>;  // key and name, folded

  static void remove_empty_keys(machine::Machine& machine, const EbpfStore& before,
                                const EbpfStore* left);

  std::map<std::string, std::string> keys_;  // folded, as stored
  std::map<Place, Value> values_;
};

// What the actions that change the store have in common: before-image and after-image are images of
// all of it. `kind` is the action's, for what is said of a damaged image.
Json capture_store(machine::Machine& machine);
// As EbpfStore::restore. Without an after-image (null) all that differs from `before` is ours.
UndoResult undo_store(machine::Machine& machine, std::string_view kind, const Json& before,
                      const Json& after);
Probe probe_store(machine::Machine& machine, std::string_view kind, const Json& before,
                  const Json& after);

}  // namespace actions
