#pragma once

#include <string>
#include <vector>

#include "actions/registry/store_action.h"

namespace actions::registry {

struct RunStoreExportImages {
  static constexpr std::string_view kKind = "run-store-export";
  static constexpr const char* kApplying = "while writing the eBPF store";
  using Before = StoreImage;
  using After = StoreImage;

  struct Parameters {
    std::string program;  // "C:\...\export_program_info.exe"
    std::vector<std::string> arguments = {};
    static void describe(auto& self, auto& visit) {
      visit.required("program", self.program, Text::kAbsolute);
      visit.required("arguments", self.arguments, Text::kAny);
    }
  };
};

// Runs export_program_info.exe, which writes what programs and helpers this version of eBPF knows
// to the eBPF store in the registry (PS-58: without it, tools see the types of another version).
//
// Changes: the store (ebpf_store.h), as the tool likes. With "--clear" the tool removes the whole
//   store, also what other extensions put there.
// Saves first: the store, every value of it.
// After-image: the store as read back.
// Undo: brings back each value that still is as we left it; what others wrote meanwhile is left and
//   reported. Without an after-image (the tool failed, or was cut short) all of the store is ours.
//   Undo never touches the policy value beside the store.
// Tolerates: being run again, an end at any point.
// Refuses: an exit code other than 0, a tool that is missing (2) or does not end in a minute.
// Rejected: running the older version's tool to undo (it may be gone, and does not take away what
//   the newer one added).
class RunStoreExport final : public StoreAction<RunStoreExportImages> {
 public:
  using StoreAction::StoreAction;

  std::string target() const override { return given_.program; }
  std::string sentence() const override;
  std::string undo_sentence() const override { return "Restore the earlier store"; }

 private:
  After change(Machine&, const Before&, Deadline) const override;
};

}  // namespace actions::registry
