#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actions/fields.h"
#include "actions/registry/ebpf_store.h"
#include "engine/product/meta.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::product {

// A row of what is ours that depends on whether a step succeeds.
struct MadeRow {
  std::string step_kind;  // of the step whose target is the row's name
  journal::Owned row;     // once the step is done; of a task, with the hash of what it left
  std::optional<journal::Owned> if_failed;  // nullopt: there is no row then

  static void describe(auto& self, auto& visit) {
    visit.required("step", self.step_kind);
    visit.required("row", self.row);
    visit.optional("if_failed", self.if_failed);
  }
};

// Tracing tasks that the plan enables again: those whose step was given up are remembered.
struct TasksOff {
  std::vector<std::string> enabled;   // by a step of the plan
  std::vector<std::string> kept_off;  // whatever becomes of the steps

  static void describe(auto& self, auto& visit) {
    visit.required("enabled", self.enabled);
    visit.required("kept_off", self.kept_off);
  }
};

// Services that the plan stops: each is remembered with the before-image of its stop.
struct StopsRecorded {
  std::vector<std::string> services;
  std::vector<Stopped> earlier;  // what was recorded before

  static void describe(auto& self, auto& visit) {
    visit.required("services", self.services);
    visit.required("earlier", self.earlier);
  }
};

// What of the eBPF store is ours: `earlier`, and what the step that exports to it added.
struct StoreWritten {
  std::string tool;                       // the target of the step; "": no step of the plan exports
  actions::registry::StoreImage earlier;  // in the form of meta::kStoreEntries

  static void describe(auto& self, auto& visit) {
    visit.required("tool", self.tool, actions::Text::kAny);
    visit.required("earlier", self.earlier);
  }
};

// What the commit of a transaction changes in what the journal knows of the installation. Data, so
// that the journal holds it from the transaction's begin on: whoever finishes the transaction need
// not know how it was planned. The upper part is known by then; the lower one names the steps whose
// images, or whose failure, it is filled from at the commit.
struct InstallationChange {
  bool forget_all_owned = false;
  std::vector<journal::Owned> put_owned;
  std::vector<std::pair<std::string, std::string>> put_meta;
  std::vector<std::string> forget_meta;

  // Target of the step that places files: rows without a file id get theirs.
  std::optional<std::string> placed_in;
  std::vector<MadeRow> made;
  std::optional<TasksOff> tasks_off;
  std::optional<StopsRecorded> stops;
  std::optional<StoreWritten> store;

  static void describe(auto& self, auto& visit) {
    visit.required("forget_all_owned", self.forget_all_owned);
    visit.required("put_owned", self.put_owned);
    visit.required("put_meta", self.put_meta);
    visit.required("forget_meta", self.forget_meta);
    visit.optional("placed_in", self.placed_in, actions::Text::kAbsolute);
    visit.required("made", self.made);
    visit.optional("tasks_off", self.tasks_off);
    visit.optional("stops", self.stops);
    visit.optional("store", self.store);
  }
};

// A step of the transaction, once it has ended.
struct EndedStep {
  std::string_view kind;
  std::string target;
  bool is_done = false;   // else it was given up, and undone
  bool is_undone = true;  // not done: its undo succeeded
  const nlohmann::json* before = nullptr;
  const nlohmann::json* after = nullptr;
};

// The change with its lower part filled from the steps, and nothing left in it. Throws kCopyFile
// for a file that no step placed and that was not there, kJournalUnusable for an image that is
// damaged.
InstallationChange filled(InstallationChange change, std::span<const EndedStep> steps);

// As the journal holds it, and back. Throws kJournalUnusable where the text is damaged; keys that
// this program does not know are ignored.
nlohmann::json to_json(const InstallationChange& change);
InstallationChange installation_change_from(const nlohmann::json& json);

// What the journal knows after an uninstall. `dependencies`: what GuestProxyAgent's registration
// depended on before; empty where it was not changed.
InstallationChange removal_change(const std::vector<std::string>& dependencies);

}  // namespace engine::product
