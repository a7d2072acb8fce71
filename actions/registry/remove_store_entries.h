#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "actions/action.h"

namespace actions {

// Takes out of the eBPF store (ebpf_store.h) the values that an export of ours put there.
//
// Changes: those values, as far as they still are as we left them, and keys of ours that are empty
//   then. What another extension registered beside them stays, also in the same keys.
// Saves first: the store, every value of it.
// After-image: the store as read back.
// Undo: field by field what was there, where it still is as we left it; what others wrote meanwhile
//   is left and reported.
// Tolerates: values that are gone or changed already, being run again, an end at any point.
// Rejected: `export_program_info.exe --clear` (it takes the other extensions' rows too, and may be
//   gone).
class RemoveStoreEntries final : public Action {
 public:
  // `ours`: an image of the store (EbpfStore::image) with nothing but ours in it.
  explicit RemoveStoreEntries(Json ours);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "remove-store-entries"; }
  std::string target() const override { return "eBPF store"; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;
  bool deletes() const override { return true; }

 private:
  Json ours_;
};

}  // namespace actions
