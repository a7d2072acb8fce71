#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"

namespace actions {

// Runs export_program_info.exe, which writes what programs and helpers this version of eBPF knows
// to the eBPF store in the registry (PS-58: without it, tools see the types of another version).
//
// Changes: the store (ebpf_store.h), as the tool likes. With "--clear" the tool removes the whole
//   store, also what other extensions put there.
// Saves first: the store, every value of it.
// After-image: the store as read back.
// Undo: field by field what was there, where it still is as we left it; what others wrote meanwhile
//   is left and reported. Without an after-image (the tool failed, or was cut short) all of it is
//   ours. The policy value beside the store is never touched.
// Tolerates: being run again, an end at any point.
// Refuses: an exit code other than 0, a tool that is missing (2) or does not end in a minute.
// Rejected: running the older version's tool to undo (it may be gone, and does not take away what
//   the newer one added).
class RunStoreExport final : public Action {
 public:
  // `program`: "C:\...\export_program_info.exe".
  explicit RunStoreExport(std::string program, std::vector<std::string> arguments = {});
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "run-store-export"; }
  std::string target() const override { return program_; }
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after,
                  Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  std::string program_;
  std::vector<std::string> arguments_;
};

}  // namespace actions
