#include "engine/handler/progress.h"

#include "actions/machine/host_files.h"
#include "engine/planning/incoming.h"

namespace engine::handler {

using commands::Command;

transaction::Attempt attempt_of(const Context& at, const Progress& progress) {
  const commands::Decision decision = progress.decision.value_or(commands::Decision::kAlone);
  transaction::Attempt attempt;
  attempt.command = at.request.command;
  attempt.tried_again_by = commands::tried_again_by(at.request.command, decision);
  attempt.program_version = at.request.handler_version;
  attempt.payload_version = progress.version();
  attempt.process_id = at.request.process_id;
  attempt.sequence_number = progress.sequence_number;
  if (progress.joins()) attempt.joins = progress.detected->update->id;
  if (commands::opens_update(decision)) {
    const planning::Incoming& incoming = progress.detected->incoming;
    attempt.opens.kind = commands::kUpdateKind;
    attempt.opens.handler = incoming.handler;
    attempt.opens.package =
        planning::package_identity(at.machine.host(), incoming, at.request.program);
    attempt.opens.sequence_number = incoming.sequence_number;
  }
  if (at.row.called_by_vm_agent) attempt.package_folder = at.request.package_root;
  transaction::Commits commits;
  commits.settles = commands::settles(decision);
  commits.beside = decision == commands::Decision::kLeave;
  commits.settles_package = commits.settles && (at.request.command == Command::kInstall ||
                                                at.request.command == Command::kEnable);
  attempt.ending = commits;
  return attempt;
}

}  // namespace engine::handler
