#include "actions/registry/remove_store_entries.h"

#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/registry/ebpf_store.h"

namespace actions {
namespace {

using errors::ExitCode;

}  // namespace

RemoveStoreEntries::RemoveStoreEntries(Json ours) : ours_(std::move(ours)) {}

std::unique_ptr<Action> RemoveStoreEntries::from_parameters(const Json& parameters) {
  const EbpfStore ours(Fields("parameters of remove-store-entries", parameters));
  return std::make_unique<RemoveStoreEntries>(ours.image());
}

Json RemoveStoreEntries::parameters() const { return ours_; }

std::string RemoveStoreEntries::sentence() const {
  return "Take our entries out of the eBPF store";
}

std::string RemoveStoreEntries::undo_sentence() const { return "Put them back"; }

Json RemoveStoreEntries::capture(machine::Machine& machine) const { return capture_store(machine); }

Json RemoveStoreEntries::apply(machine::Machine& machine, const Json& /*before*/,
                               Deadline /*deadline*/) const {
  return in_context("while clearing the eBPF store of ours", ExitCode::kGeneric, [&]() -> Json {
    const EbpfStore now = EbpfStore::on(machine);
    const EbpfStore ours(Fields("parameters of remove-store-entries", ours_));
    UndoResult nobody_else;
    EbpfStore::restore(machine, now.without(ours), &now, nobody_else);
    return EbpfStore::on(machine).image();
  });
}

UndoResult RemoveStoreEntries::undo(machine::Machine& machine, const Json& before,
                                    const Json& after, Deadline /*deadline*/) const {
  return undo_store(machine, kind(), before, after);
}

Probe RemoveStoreEntries::probe(machine::Machine& machine, const Json& before,
                                const Json& after) const {
  return probe_store(machine, kind(), before, after);
}

}  // namespace actions
