#include "engine/handler/stages.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "actions/machine/host_files.h"
#include "engine/commands/commands.h"
#include "engine/commands/operation_table.h"
#include "engine/handler/environment.h"
#include "engine/planning/incoming.h"
#include "engine/product/installation_state.h"
#include "engine/product/meta.h"
#include "engine/reports/reports.h"
#include "engine/transaction/recovery.h"
#include "engine/transaction/session.h"

namespace engine::handler {

using commands::Command;
using commands::Decision;
using errors::ExitCode;
using errors::Failure;
using transaction::RunningStates;

void read_call(const Context& at, Progress& progress) {
  machine::HostFiles& host = at.machine.host();
  const HandlerEnvironment environment = read_environment(host, at.request.package_root);
  const reports::ReportFolders folders{environment.log_folder, environment.status_folder,
                                       environment.events_folder};
  progress.reports.emplace(at.machine, at.row, folders, std::nullopt);
  if (at.row.checks_sequence_number) {
    progress.sequence_number = sequence_number(host, environment, at.request.sequence_variable);
    progress.reports.emplace(at.machine, at.row, folders, progress.sequence_number);
  }
  check_folders(host, environment, at.row.writes_status);
}

void read_setup_call(const Context& at, Progress& progress) {
  if (!at.request.is_elevated) {
    throw Failure(ExitCode::kUsage, at.name(),
                  at.name() + ": this process may not change the machine")
        .advise("Run as administrator: from an elevated prompt, or as SYSTEM.");
  }
  check_log_folder(at.machine.host(), at.request.log_folder);
  progress.reports.emplace(at.machine, at.row,
                           reports::ReportFolders{at.request.log_folder, "", ""}, std::nullopt);
}

namespace {

// What the journal holds of others and of the running state, and the new one is to know too. Who
// wants the installation, and how it was found, does not depend on how old the other rows are.
journal::Facts facts_of(const journal::Journal& journal, bool is_outdated) {
  namespace meta = product::meta;
  std::vector<const char*> keys{meta::kWantedBySetup, meta::kBroughtBySetup,
                                meta::kFoundStartTypes};
  if (!journal.from_another_machine()) keys.push_back(meta::kPackageFolders);
  if (!is_outdated) {
    keys.insert(keys.end(), {meta::kDisabled, meta::kNotStarted, meta::kDependencies,
                             meta::kTasksOff, meta::kStoreEntries, meta::kPreserved});
  }
  const std::vector<std::string> damaged = journal.damaged_meta();
  journal::Facts facts;
  for (const char* key : keys) {
    const auto value = journal.meta(key);
    if (value && std::ranges::count(damaged, key) == 0) facts.emplace_back(key, *value);
  }
  return facts;
}

// A journal by whose rows nothing may be done is set aside, and the command takes the machine over
// by looking at it. The new journal has nothing to recover.
void recover(const Context& at, Progress& progress) {
  transaction::Session& session = *progress.session;
  progress.recovery = transaction::recover(at.machine, session, at.budget.recovery());
  if (progress.recovery->damage.empty()) return;
  session.set_aside(progress.recovery->damage,
                    facts_of(*session.journal(), progress.recovery->is_outdated));
  at.answer.note(session.take_notes());
  progress.recovery = transaction::Recovery();
}

}  // namespace

void open_and_recover(const Context& at, Progress& progress) {
  progress.session_begun = true;
  transaction::Session::Options options;
  options.program_version = at.request.handler_version;
  options.holder = std::to_string(at.request.process_id) + " " + at.name();
  options.patience = at.request.lock_patience;
  options.on_commit = at.request.on_commit;
  progress.session = std::make_unique<transaction::Session>(at.machine, std::move(options));
  at.answer.note(progress.session->take_notes());
  recover(at, progress);
  at.answer.note(progress.recovery->notes);
  if (progress.recovery->blocked) {
    throw Failure(*progress.recovery->blocked)
        .add_context("while recovering what an earlier command left");
  }
}

void give_up(const Context& at, Progress& progress, const journal::Operation& update,
             RunningStates running) {
  const std::string why =
      at.request.command == Command::kRecover
          ? "recover found that nobody went on with it"
          : at.name() + " of handler " + at.request.handler_version + " came instead";
  const Failure cause = Failure(ExitCode::kGeneric, "update to " + update.to_version,
                                "finish the update to " + update.to_version + ": " + why)
                            .advise("To update, deploy the extension again.");
  const std::vector<product::Stopped>& stopped = progress.state().disabled;
  progress.session->commit([&](journal::Commit& commit) {
    commit.begin_operation_undo(update.id, cause.to_json(), "");
    if (running == RunningStates::kLeave && !stopped.empty())
      commit.put_meta(product::meta::kDisabled, to_text(stopped));
  });
  progress.recovery = transaction::undo_operation(at.machine, *progress.session, update.id,
                                                  at.budget.recovery(), {.running = running});
  at.answer.note(progress.recovery->notes);
  if (progress.recovery->blocked) {
    throw Failure(*progress.recovery->blocked)
        .add_context("while undoing the update to " + update.to_version);
  }
  progress.detected.reset();
  progress.installation = product::installation_state_of(*progress.session->journal());
}

void detect_and_decide(const Context& at, Progress& progress) {
  progress.own =
      planning::own_package(at.machine.host(), at.request.package_root, at.request.command);
  progress.payload_version = progress.own->version;  // until the plan says otherwise
  while (!progress.recovery->reboot_needed) {
    detect(at, progress);
    const Decision decision = commands::decide(progress.detected->situation);
    const bool leave = decision == Decision::kStopUndoFirst;
    if (!leave && decision != Decision::kUndoFirst) {
      progress.decision = decision;
      return;
    }
    const journal::Operation update = *progress.detected->update;
    give_up(at, progress, update, leave ? RunningStates::kLeave : RunningStates::kGiveBack);
  }
}

void detect(const Context& at, Progress& progress) {
  progress.detected =
      detect(at.machine, progress.session->journal(), progress.installation, at.request,
             progress.sequence_number, progress.own.value_or(planning::OwnPackage()));
}

}  // namespace engine::handler
