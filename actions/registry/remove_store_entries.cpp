#include "actions/registry/remove_store_entries.h"

#include <utility>

namespace actions::registry {

RemoveStoreEntries::RemoveStoreEntries(Json ours) : ours_(std::move(ours)) {}

RemoveStoreEntries::RemoveStoreEntries(const Parameters& parameters)
    : ours_(EbpfStore(parameters).image()) {}

StoreImage RemoveStoreEntries::change(Machine& machine, const Before&, Deadline) const {
  const EbpfStore ours(read_parameters(ours_));
  const EbpfStore now = EbpfStore::on(machine);
  UndoResult nobody_else;
  EbpfStore::restore(machine, now.without(ours), &now, nobody_else);
  return EbpfStore::on(machine).as_image();
}

}  // namespace actions::registry
