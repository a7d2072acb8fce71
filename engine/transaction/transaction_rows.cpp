#include "engine/transaction/transaction_rows.h"

#include <algorithm>
#include <utility>

#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "engine/product/installation_change.h"
#include "engine/product/meta.h"
#include "engine/transaction/listener.h"

namespace engine::transaction {

using actions::Json;
using errors::Failure;
using journal::Commit;
using journal::Level;

journal::Transaction transaction_row(machine::Machine& machine, const Attempt& attempt) {
  journal::Transaction transaction;
  transaction.command = commands::row(attempt.command).name;
  transaction.program_version = attempt.program_version;
  transaction.payload_version = attempt.payload_version;
  transaction.machine_id = machine.system().machine_id();
  transaction.boot_id = machine.system().boot_id();
  transaction.process_id = attempt.process_id;
  transaction.sequence_number = attempt.sequence_number;
  return transaction;
}

void write_ended(Commit& commit, std::int64_t transaction_id, const LiveStep& step) {
  if (step.state == journal::StepState::kDone) {
    commit.step_done(transaction_id, step.position, step.after);
  } else {
    commit.step_failed(transaction_id, step.position, step.error, step.undo_error);
  }
}

void write_change(journal::Commit& commit, const product::InstallationChange& change) {
  if (change.forget_all_owned) commit.forget_all_owned();
  for (const journal::Owned& owned : change.put_owned)
    commit.put_owned(owned);
  for (const auto& [key, value] : change.put_meta)
    commit.put_meta(key, value);
  for (const std::string& key : change.forget_meta)
    commit.forget_meta(key);
}

TransactionRows::TransactionRows(machine::Machine& machine, Session& session, const Plan& plan,
                                 const Attempt& attempt)
    : machine_(machine),
      session_(session),
      plan_(plan),
      attempt_(attempt),
      command_(commands::row(attempt.command).name),
      transaction_id_(session.journal()->next_transaction_id()) {}

std::string TransactionRows::step_of(std::int64_t position) const {
  return "step " + std::to_string(position) + " of " + std::to_string(plan_.steps.size());
}

void TransactionRows::begin(Commit& commit) {
  operation_id_ = attempt_.joins;
  const auto* commits = std::get_if<Commits>(&attempt_.ending);
  const bool beside = commits != nullptr && commits->beside;
  if (operation_id_ == 0 && !beside && !std::holds_alternative<WaitsForBoot>(attempt_.ending)) {
    journal::Operation operation = attempt_.opens;
    if (operation.kind.empty()) operation.kind = command_;
    operation.from_version = plan_.from_version;
    operation.to_version = plan_.to_version;
    operation_id_ = commit.open_operation(operation);
  }
  journal::Transaction transaction = transaction_row(machine_, attempt_);
  transaction.operation_id = operation_id_;
  transaction.work_folder = plan_.work_folder;
  if (plan_.change) transaction.installation_change = product::to_json(*plan_.change);
  commit.begin_transaction(transaction);
  keep_package_folder(commit);
  const std::string what = command_ + (plan_.to_version.empty() ? "" : " " + plan_.to_version);
  commit.event(
      transaction_id_, Level::kInfo,
      what + (plan_.steps.empty() ? ": nothing to do"
                                  : " begins: " + std::to_string(plan_.steps.size()) + " steps"));
  for (const std::string& note : plan_.notes)
    commit.event(transaction_id_, Level::kInfo, note);
  std::int64_t position = 0;
  for (const PlannedStep& step : plan_.steps) {
    journal::Step row;
    row.position = ++position;
    row.kind = step.action->kind();
    row.target = step.action->target();
    row.sentence = step.action->sentence();
    row.vital = step.vital;
    row.parameters = step.action->parameters();
    commit.add_step(transaction_id_, row);
  }
}

void TransactionRows::keep_package_folder(Commit& commit) {
  std::vector<std::string> folders =
      product::strings_from_text(session_.journal()->meta(product::meta::kPackageFolders));
  if (attempt_.package_folder.empty() ||
      std::find(folders.begin(), folders.end(), attempt_.package_folder) != folders.end())
    return;
  folders.push_back(attempt_.package_folder);
  commit.put_meta(product::meta::kPackageFolders, Json(folders).dump());
}

void TransactionRows::armed(Commit& commit, const LiveStep& step) {
  commit.step_armed(transaction_id_, step.position, step.before);
  commit.event(transaction_id_, Level::kInfo,
               step_of(step.position) + ": " + step.action->sentence());
}

void TransactionRows::ended(Commit& commit, const LiveStep& step) {
  write_ended(commit, transaction_id_, step);
  if (step.state == journal::StepState::kDone) {
    if (const auto shortfall = step.action->shortfall(step.before, step.after))
      commit.event(transaction_id_, Level::kWarning,
                   step_of(step.position) + " is done in part: " + shortfall->message());
    return;
  }
  commit.event(transaction_id_, Level::kWarning,
               step_of(step.position) +
                   " failed, the command goes on: " + Failure::from_json(step.error).message());
}

void TransactionRows::end(Commit& commit, const Result& result) {
  const Judgement& judgement = result.judgement;
  write_change(commit, result.change);
  Commit::End end;
  const auto* waits = std::get_if<WaitsForBoot>(&attempt_.ending);
  end.state = waits != nullptr ? journal::TransactionState::kRebootNeeded
                               : journal::TransactionState::kCommitted;
  end.result = result.components;
  if (judgement.complaint) {
    end.code = static_cast<int>(judgement.complaint->code());
    end.cause = judgement.complaint->to_json();
  }
  if (!judgement.note.empty()) commit.event(transaction_id_, judgement.level, judgement.note);
  if (waits != nullptr) {
    end.cause = waits->why.to_json();
    commit.event(transaction_id_, Level::kWarning, waits->why.message());
  } else if (!plan_.steps.empty()) {
    commit.event(transaction_id_, Level::kInfo, command_ + " committed");
  }
  commit.end_transaction(transaction_id_, end);
  const auto* commits = std::get_if<Commits>(&attempt_.ending);
  if (commits != nullptr && commits->settles_package && !attempt_.package_folder.empty())
    commit.put_meta(product::meta::kPackageFolders, Json::array({attempt_.package_folder}).dump());
  if (commits != nullptr && commits->settles && operation_id_ != 0)
    commit.end_operation(operation_id_, journal::OperationState::kSettled);
}

}  // namespace engine::transaction
