#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "journal/records.h"
#include "package/payload_manifest.h"

namespace engine::product {

// An installation's extras, beside its files and services: the folder in the machine's PATH, the
// netsh helper, the tracing tasks, the entries of the eBPF store.
enum class ExtraKind { kPath, kNetshHelper, kTask, kStore };

// A kind of extra. A version has it if its payload has `file`.
struct Extra {
  ExtraKind kind;
  std::string_view owned_kind;  // in the journal: "path", "netsh-helper", "task", "store"
  std::string_view made_by;     // the kind of the step that puts it in place
  std::string_view row;         // its row in the status: "Path"
  std::string_view file;        // "bpftool.exe"
};

// An extra of one installation.
struct ExtraAt {
  const Extra* extra = nullptr;
  std::string object;  // the folder in PATH; the helper's DLL; the task's name; the exporting tool
  std::string file;    // where the file is, once installed

  bool is(ExtraKind kind) const { return extra->kind == kind; }
};

// The extras of the version whose installed files are `files`.
std::vector<ExtraAt> extras_of(const std::vector<std::string>& files,
                               const std::string& install_folder);
std::vector<ExtraAt> extras_of(const package::PayloadManifest& manifest,
                               const std::string& install_folder);
std::vector<ExtraAt> extras_of(const InstallationState& installation);  // of what is ours

// Returns true if PATH has the folder in any spelling, a netsh helper is this DLL, a task has this
// name, or the store has any entry. Throws the failure of the machine's call.
bool is_there(machine::Machine& machine, const ExtraAt& at);

// Returns the kind of extra that the journal's row describes; nullptr if it describes none.
const Extra* extra_of(const journal::Owned& owned);
// Returns the kind of extra that a step of this kind puts in place; nullptr if it makes none.
const Extra* extra_made_by(std::string_view step_kind);
// Returns rows as the journal would hold them: where the journal was lost, the package lists the
// extras that count as ours.
std::vector<journal::Owned> rows_of(const std::vector<ExtraAt>& extras);

}  // namespace engine::product
