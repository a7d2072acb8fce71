#include "actions/registry/remove_store_entries.h"

#include <utility>

#include "actions/registry/run_store_export.h"

namespace actions::registry {
namespace {

constexpr const char* kTool = "tool";

// Returns what the tool writes, which alone is in the store then.
EbpfStore written_by(const std::string& tool, machine::Machine& machine, Deadline deadline) {
  UndoResult nobody_else;
  EbpfStore::restore(machine, EbpfStore(), nullptr, nobody_else);
  const RunStoreExport run(tool);
  run.apply(machine, run.capture(machine), deadline);
  return EbpfStore::on(machine);
}

}  // namespace

RemoveStoreEntries::RemoveStoreEntries(Json ours, const std::optional<std::string>& tool)
    : ours_(std::move(ours)) {
  if (tool && ours_.is_object()) ours_[kTool] = *tool;
}

RemoveStoreEntries::RemoveStoreEntries(const Parameters& parameters)
    : ours_(write_image(parameters)) {}

std::string RemoveStoreEntries::sentence() const {
  const bool asks = ours_.is_object() && ours_.contains(kTool);
  return asks ? "Take what export_program_info.exe writes out of the eBPF store"
              : "Take our entries out of the eBPF store";
}

StoreImage RemoveStoreEntries::change(Machine& machine, const Before& before,
                                      Deadline deadline) const {
  const Parameters given = read_parameters(ours_);
  EbpfStore ours(StoreImage{given.keys});
  EbpfStore left = EbpfStore::on(machine);
  EbpfStore wanted = left.without(ours);
  if (given.tool) {
    // An earlier run of this step may have ended with the store empty.
    const EbpfStore found = EbpfStore(before).with(left);
    left = written_by(*given.tool, machine, deadline);
    wanted = found.without(ours).without(left);
  }
  UndoResult nobody_else;
  EbpfStore::restore(machine, wanted, &left, nobody_else);
  return EbpfStore::on(machine).as_image();
}

}  // namespace actions::registry
