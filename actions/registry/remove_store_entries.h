#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actions/registry/store_action.h"

namespace actions::registry {

struct RemoveStoreEntriesImages {
  static constexpr std::string_view kKind = "remove-store-entries";
  static constexpr const char* kApplying = "while clearing the eBPF store of ours";
  using Before = StoreImage;
  using After = StoreImage;

  struct Parameters {
    std::vector<StoreImage::Key> keys;  // nothing but ours
    // The exporting tool that wrote ours; empty where `keys` has all of them.
    std::optional<std::string> tool;
    static void describe(auto& self, auto& visit) {
      visit.required("keys", self.keys);
      visit.optional("tool", self.tool, Text::kAbsolute);
    }
  };
};

// Takes out of the eBPF store (ebpf_store.h) the values that an export of ours put there.
//
// Changes: those values, as far as they still are as we left them, and keys of ours that are empty
//   then. What another extension registered beside them stays, also in the same keys. With a tool
//   it does not rely on the journal for what is ours: it empties the store, has the tool write it,
//   takes that for ours too, and writes what is left of the earlier store. Keys without values are
//   not written again.
// Saves first: the store, every value of it.
// After-image: the store as read back.
// Undo: brings back each value that still is as we left it; what others wrote meanwhile is left and
//   reported.
// Tolerates: values that are gone or changed already, being run again, an end at any point.
// Refuses: with a tool, what RunStoreExport refuses.
// Rejected: `export_program_info.exe --clear` (it takes the other extensions' rows too, and may be
//   gone); to compare the store before and behind a run of the tool (it writes what is there).
class RemoveStoreEntries final : public StoreAction<RemoveStoreEntriesImages> {
 public:
  // `ours`: an image of the store (EbpfStore::image) with nothing but ours in it, as a row of the
  // journal holds it. A row that is damaged fails apply, and not the plan: the step is best effort.
  explicit RemoveStoreEntries(Json ours, const std::optional<std::string>& tool = {});
  explicit RemoveStoreEntries(const Parameters& parameters);

  Json parameters() const override { return ours_; }
  std::string target() const override { return "eBPF store"; }
  std::string sentence() const override;
  std::string undo_sentence() const override { return "Put them back"; }
  bool deletes() const override { return true; }

 private:
  After change(Machine& machine, const Before& before, Deadline deadline) const override;

  Json ours_;
};

}  // namespace actions::registry
