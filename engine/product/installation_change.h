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

// A row of the table `owned` that depends on whether a step succeeds.
struct MadeRow {
  std::string step_kind;  // the kind of the step whose target is the row's name
  journal::Owned row;     // written if the step is done; a task's row gets the hash of its XML
  std::optional<journal::Owned> if_failed;  // written if the step was given up; nullopt: none

  static void describe(auto& self, auto& visit) {
    visit.required("step", self.step_kind);
    visit.required("row", self.row);
    visit.optional("if_failed", self.if_failed);
  }
};

// Tracing tasks that stay recorded as off: those whose step to enable them was given up.
struct TasksOff {
  std::vector<std::string> enabled;   // tasks that a step of the plan enables
  std::vector<std::string> kept_off;  // tasks that stay recorded whether or not the steps succeed

  static void describe(auto& self, auto& visit) {
    visit.required("enabled", self.enabled);
    visit.required("kept_off", self.kept_off);
  }
};

// Services that the plan stops: each is recorded with the before-image of its stop.
struct StopsRecorded {
  std::vector<std::string> services;
  std::vector<Stopped> earlier;  // the services that are recorded already

  static void describe(auto& self, auto& visit) {
    visit.required("services", self.services);
    visit.required("earlier", self.earlier);
  }
};

// Services that the plan starts, best effort, for nobody else would: those whose start is given up
// stay recorded as not started (meta::kNotStarted). A service whose before-image is null is stopped
// by a step of the same plan, and gets that step's.
struct StartsTried {
  std::vector<Stopped> services;

  static void describe(auto& self, auto& visit) { visit.required("services", self.services); }
};

// Our entries of the eBPF store, as meta::kStoreEntries holds them.
struct StoreEntries {
  std::vector<actions::registry::StoreImage::Key> keys;
  // true: a journal was lost that knew of others.
  std::optional<bool> some_lost;

  static void describe(auto& self, auto& visit) {
    visit.required("keys", self.keys);
    visit.optional("some_lost", self.some_lost);
  }
};

// Our entries of the eBPF store: `earlier`, and the entries that the exporting step added.
struct StoreWritten {
  std::string tool;  // the target of the step; "": no step of the plan exports
  StoreEntries earlier;

  static void describe(auto& self, auto& visit) {
    visit.required("tool", self.tool, actions::Text::kAny);
    visit.required("earlier", self.earlier);
  }
};

// How the commit of a transaction changes the installation state in the journal. It is data, so
// that the journal holds it from the transaction's begin on: whoever finishes the transaction need
// not know how it was planned. The upper members are known at the begin; the lower ones name the
// steps whose images or failures fill them at the commit.
struct InstallationChange {
  bool forget_all_owned = false;
  std::vector<journal::Owned> put_owned;
  std::vector<std::pair<std::string, std::string>> put_meta;
  std::vector<std::string> forget_meta;

  // Target of the step that places files: its after-image gives the file ids of `put_owned`.
  std::optional<std::string> placed_in;
  std::vector<MadeRow> made;
  std::optional<TasksOff> tasks_off;
  std::optional<StopsRecorded> stops;
  std::optional<StartsTried> starts;
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
    visit.optional("starts", self.starts);
    visit.optional("store", self.store);
  }
};

// A step of the transaction, once it has ended.
struct EndedStep {
  std::string_view kind;
  std::string target;
  bool is_done = false;   // false: the step was given up and undone
  bool is_undone = true;  // false: the undo of a step that is not done failed
  const nlohmann::json* before = nullptr;
  const nlohmann::json* after = nullptr;
};

// Returns the change with its lower members turned into upper ones. Throws kCopyFile for a file
// that no step placed and that was not there, kJournalUnusable for a damaged image.
InstallationChange filled(InstallationChange change, std::span<const EndedStep> steps);

// The change as the journal holds it. Reading throws kJournalUnusable if the text is damaged and
// ignores keys that this program does not know.
nlohmann::json to_json(const InstallationChange& change);
InstallationChange installation_change_from(const nlohmann::json& json);

// The change that an uninstall makes. `dependencies`: the services that GuestProxyAgent's
// registration depended on before; empty if the uninstall does not change it.
InstallationChange removal_change(const std::vector<std::string>& dependencies);

}  // namespace engine::product
