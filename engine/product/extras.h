#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "engine/product/installation_state.h"
#include "journal/records.h"
#include "package/payload_manifest.h"

namespace engine::product {

// What an installation has beside files and services: the machine's PATH, the netsh helper, the
// tracing tasks, the eBPF store.
enum class ExtraKind { kPath, kNetshHelper, kTask, kStore };

// A kind of extra, and the file of a payload that tells whether a version has it.
struct Extra {
  ExtraKind kind;
  std::string_view owned_kind;  // in the journal: "path", "netsh-helper", "task", "store"
  std::string_view made_by;     // the kind of the step that puts it in place
  std::string_view row;         // its row in the status: "Path"
  std::string_view file;        // "bpftool.exe"
};

// One of an installation.
struct ExtraAt {
  const Extra* extra = nullptr;
  std::string object;  // the folder in PATH; the helper's DLL; the task's name; the exporting tool
  std::string file;    // where the file is, once installed

  bool is(ExtraKind kind) const { return extra->kind == kind; }
};

// Those of the version whose installed files are `files`.
std::vector<ExtraAt> extras_of(const std::vector<std::string>& files,
                               const std::string& install_folder);
std::vector<ExtraAt> extras_of(const package::PayloadManifest& manifest,
                               const std::string& install_folder);
std::vector<ExtraAt> extras_of(const InstallationState& installation);  // of what is ours

// Whether it is there: the folder in PATH in whatever spelling, a netsh helper that is this DLL, a
// task of the name, anything in the store. Throws what the machine refuses.
bool is_there(machine::Machine& machine, const ExtraAt& at);

// The kind of a row of the journal; nullptr: it is no extra.
const Extra* extra_of(const journal::Owned& owned);
// What a step of that kind puts in place; nullptr: no extra.
const Extra* extra_made_by(std::string_view step_kind);
// The rows of the journal for them; "ours" where the journal was lost and a package tells what
// there was.
std::vector<journal::Owned> rows_of(const std::vector<ExtraAt>& extras);

}  // namespace engine::product
