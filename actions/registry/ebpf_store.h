#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "actions/action.h"
#include "actions/image.h"
#include "actions/machine/machine.h"
#include "actions/registry/registry_image.h"

namespace actions::registry {

// The before- and after-image of the kinds that change the eBPF store: its keys with their values.
struct StoreImage {
  struct Key {
    std::string key;
    std::vector<NamedValue> values;
    static void describe(auto& self, auto& visit) {
      visit.required("key", self.key);
      visit.required("values", self.values);
    }
  };
  std::vector<Key> keys;
  static void describe(auto& self, auto& visit) { visit.required("keys", self.keys); }
};

// The eBPF store in the registry, from which tools know programs, attach types and helpers: all
// keys below Software\eBPF, of the machine and of SYSTEM. The values of that key itself are not the
// store's: a policy lives there.
class EbpfStore {
 public:
  EbpfStore() = default;  // empty
  // Whether anything is registered in it, for the machine or for SYSTEM. Cheaper than reading it.
  static bool is_written(machine::Machine& machine);
  static EbpfStore on(machine::Machine& machine);
  explicit EbpfStore(const StoreImage& image);
  explicit EbpfStore(Fields fields);  // of a StoreImage
  StoreImage as_image() const;
  Json image() const { return write_image(as_image()); }

  // Brings each value back to what it is in `before`, if it still is as in `left` (nullptr: what
  // was left is not known, and then all values are ours); leaves other values and reports them in
  // `result`. Keys that were not there go if nothing is in them. Keys without values do not come
  // back.
  static void restore(machine::Machine& machine, const EbpfStore& before, const EbpfStore* left,
                      UndoResult& result);

  // The values and keys of this store that `before` did not have, or that were `ours` already.
  EbpfStore added_to(const EbpfStore& before, const EbpfStore& ours) const;
  // This store with those values and keys of `more` for which it has no place yet.
  EbpfStore with(const EbpfStore& more) const;
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

}  // namespace actions::registry
