#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "actions/action.h"

namespace actions {

struct StagedFile {
  std::string source;   // path in the package's payload folder, '/' separated, as the manifest has it
  std::string name;     // name in the staged folder, unique there: "0003-ebpfapi.dll"
  std::uint64_t size = 0;
  std::string sha256;
};

class StageFiles final : public Action {
 public:
  // payload_folder: path of the host's file system. work_folder: the transaction's own folder, "...\EbpfForWindows\txn-12-...";
  // the files go to its sub-folder "staged".
  StageFiles(std::string payload_folder, std::string work_folder, std::vector<StagedFile> files);
  static std::unique_ptr<Action> from_parameters(const Json& parameters);

  std::string_view kind() const override { return "stage-files"; }
  std::string target() const override;
  std::string sentence() const override;
  std::string undo_sentence() const override;
  Json parameters() const override;
  Json capture(machine::Machine& machine) const override;
  Json apply(machine::Machine& machine, const Json& before, Deadline deadline) const override;
  UndoResult undo(machine::Machine& machine, const Json& before, const Json& after, Deadline deadline) const override;
  Probe probe(machine::Machine& machine, const Json& before, const Json& after) const override;

 private:
  std::string payload_folder_;
  std::string work_folder_;
  std::vector<StagedFile> files_;
};

}  // namespace actions
