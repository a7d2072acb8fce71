#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/registry/ebpf_store.h"
#include "engine/known.h"
#include "engine/plan.h"
#include "package/package_check.h"

namespace engine {

// What an installation has beside files and services: the machine's PATH, the netsh helper, the
// tracing tasks, the eBPF store. All best effort: one that fails is undone alone and shown as a
// warning; the next enable tries it again.

// A kind of accessory, and the file of a payload that tells whether a version has it.
struct Accessory {
  std::string_view owned_kind;  // in the journal: "path", "netsh-helper", "task", "store"
  std::string_view row;         // its row in the status: "Path"
  std::string_view file;        // "bpftool.exe"
};

// One of an installation.
struct AccessoryAt {
  const Accessory* accessory = nullptr;
  std::string object;  // the folder in PATH; the helper's DLL; the task's name; the exporting tool
  std::string file;    // where the file is, once installed
};

// Those of the version whose installed files are `files`.
std::vector<AccessoryAt> accessories_of(const std::vector<std::string>& files,
                                        const std::string& install_folder);
std::vector<AccessoryAt> accessories_of(const package::PayloadManifest& manifest,
                                        const std::string& install_folder);
std::vector<AccessoryAt> accessories_of(const Known& known);  // of what is ours

// Whether it is there: the folder in PATH in whatever spelling, a netsh helper that is this DLL, a
// task of the name, anything in the store. Throws what the machine refuses.
bool is_there(machine::Machine& machine, const AccessoryAt& at);

// Files of a package that a plan puts in place.
struct Placed {
  const package::CheckedPackage* checked = nullptr;  // nullptr: none
  std::vector<package::PayloadFile> files;
};

// The parts of a plan. Once files and services are in place, for install: what is missing; tasks
// and store also where they are not as this version left them.
void plan_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                      const Placed& placed, const std::string& install_folder);
// For enable of what is settled: what is missing, and tasks and store where the settled version
// could not put them in place. Tasks are registered from the files that are placed, else from the
// installed ones.
void plan_missing_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                              const Placed& placed);
// For uninstall, and for what another version does not have: those of `ours`, rows of the journal.
// In the store, our entries only: other extensions have theirs beside them.
void plan_accessory_removal(Plan& plan, machine::Machine& machine, const Known& known,
                            const std::vector<journal::Owned>& ours);

// The rows of the journal for them; "ours" where the journal was lost and a package tells what
// there was.
bool is_accessory(const journal::Owned& owned);
std::vector<journal::Owned> rows_of(const std::vector<AccessoryAt>& accessories);

// Adds to the plan's settlement what of `accessories` is ours then. PATH is ours only if a plan of
// ours added the folder: one that was there before us stays after us. Helper and tasks of this
// folder are ours whoever registered them, as files and services are: they are of no use without.
void settle_accessories(Plan& plan, machine::Machine& machine, const Known& known,
                        const std::vector<AccessoryAt>& accessories, const std::string& version);

}  // namespace engine
