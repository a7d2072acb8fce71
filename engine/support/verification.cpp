#include "engine/support/verification.h"

#include <algorithm>
#include <string_view>

#include "engine/support/projection_check.h"
#include "journal/log_tail.h"
#include "text/table.h"
#include "text/time.h"

namespace engine::support {
namespace {

using Json = nlohmann::json;
using journal::OperationState;
using journal::Step;
using journal::StepState;
using journal::Transaction;
using journal::TransactionState;
using Result = Check::Result;

Check check_files(const std::string& path) {
  Check check{"files", Result::kSound, "", {}};
  switch (journal::tail_of_log(path + "-wal")) {
    case journal::LogTail::kNone:
      break;
    case journal::LogTail::kTorn:
      check.told = "the last commit of the -wal is torn, as a power cut leaves it: it never ended";
      break;
    case journal::LogTail::kDamaged:
      check.find("the -wal has a commit behind one that cannot be read: the last commits are lost");
      break;
  }
  return check;
}

Check check_database(const journal::Reader& reader) {
  Check check{"database", Result::kSound, "", {}};
  for (const std::string& line : reader.integrity())
    check.find(line);
  return check;
}

Check check_schema(const journal::Reader& reader) {
  Check check{"schema", Result::kSound, "", {}};
  if (!reader.has_sound_schema())
    check.find("the text of its tables, indexes and triggers is not what a program of ours makes");
  return check;
}

// Both checks read every row, so they are made together.
struct RowChecks {
  Check sums{"check sums", Result::kSound, "", {}};
  Check rows{"rows", Result::kSound, "", {}};
  std::int64_t transactions = 0;
  std::int64_t steps = 0;
};

bool is_time(const std::string& text) { return text::utc_ms(text) >= 0; }

// What a step of a transaction in that state cannot be. "": all is well.
std::string misfit(const Transaction& transaction, const Step& step) {
  if (!step.state) return "its state is none that this program knows";
  const bool is_best_effort_given_up = !step.vital && step.state == StepState::kFailed;
  switch (*transaction.state) {
    case TransactionState::kCommitted:
      if (step.state != StepState::kDone && !is_best_effort_given_up)
        return std::string(journal::to_text(*step.state)) + " in a transaction that committed";
      break;
    case TransactionState::kUndone:
    case TransactionState::kRefused:
      if (step.state == StepState::kDone || step.state == StepState::kArmed)
        return std::string(journal::to_text(*step.state)) + " in a transaction that is " +
               std::string(journal::to_text(*transaction.state));
      break;
    default:
      break;
  }
  return "";
}

void check_steps(const Transaction& transaction, const std::vector<Step>& steps, RowChecks& checks,
                 const std::string& name) {
  std::int64_t position = 0;
  for (const Step& step : steps) {
    const std::string step_name = name + ", step " + std::to_string(step.position);
    if (!step.damage.empty()) checks.sums.find(step_name + ": " + step.damage);
    if (step.position != ++position) checks.rows.find(step_name + ": there is none before it");
    position = step.position;
    if (!transaction.state) continue;
    const std::string what = misfit(transaction, step);
    if (!what.empty()) checks.rows.find(step_name + " " + step.kind + ": " + what);
  }
}

void check_transaction(const journal::Records& records, const Transaction& transaction,
                       RowChecks& checks) {
  const std::string name = "transaction " + std::to_string(transaction.id);
  if (!transaction.damage.empty()) checks.sums.find(name + ": " + transaction.damage);
  if (!transaction.state) checks.rows.find(name + ": its state is none that this program knows");
  if (!is_time(transaction.started_at) ||
      (!transaction.ended_at.empty() && !is_time(transaction.ended_at)))
    checks.rows.find(name + ": its times are no times");
  const auto operation = records.find_operation(transaction.operation_id);
  const bool has_ended = operation && (operation->state == OperationState::kSettled ||
                                       operation->state == OperationState::kUndone);
  const bool goes_on = transaction.state == TransactionState::kOpen ||
                       transaction.state == TransactionState::kUndoing;
  if (has_ended && goes_on) checks.rows.find(name + ": it has not ended, and its operation has");
  const std::vector<Step> steps = records.steps(transaction.id);
  checks.steps += static_cast<std::int64_t>(steps.size());
  check_steps(transaction, steps, checks, name);
}

RowChecks check_rows(const journal::Reader& reader) {
  RowChecks checks;
  for (auto transaction = reader.transaction_after(0); transaction;
       transaction = reader.transaction_after(transaction->id)) {
    ++checks.transactions;
    check_transaction(reader, *transaction, checks);
  }
  std::size_t owned = 0;
  for (const journal::Owned& row : reader.owned()) {
    ++owned;
    if (!row.damage.empty()) checks.sums.find(row.kind + " " + row.name + ": " + row.damage);
  }
  for (const std::string& key : reader.damaged_meta())
    checks.sums.find("the value of " + key + " is not what was written");
  checks.sums.told = std::to_string(checks.transactions) + " transactions, " +
                     std::to_string(checks.steps) + " steps, " + std::to_string(owned) +
                     " objects that are ours or used";
  return checks;
}

std::string_view to_text(Result result) {
  switch (result) {
    case Result::kSound:
      return "sound";
    case Result::kDamaged:
      return "damaged";
    case Result::kNotChecked:
      break;
  }
  return "not checked";
}

}  // namespace

std::vector<Check> verify(const journal::Reader& reader, const std::string& path,
                          machine::HostFiles& host, const std::string& reports) {
  std::vector<Check> checks{check_files(path), check_database(reader), check_schema(reader)};
  RowChecks rows = check_rows(reader);
  checks.push_back(std::move(rows.sums));
  checks.push_back(std::move(rows.rows));
  checks.push_back(check_log(reader, host, reports));
  checks.push_back(check_status(reader, host, reports));
  return checks;
}

void Check::find(std::string finding) {
  result = Result::kDamaged;
  if (findings.size() < kMostFindings) findings.push_back(std::move(finding));
}

bool is_sound(const std::vector<Check>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const Check& check) { return check.result == Result::kDamaged; });
}

std::string verification_text(const std::vector<Check>& checks) {
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks) {
    rows.push_back({check.what, std::string(to_text(check.result)), check.told});
    for (const std::string& finding : check.findings)
      rows.push_back({"", "", finding});
  }
  return text::aligned(rows);
}

Json verification_json(const std::vector<Check>& checks) {
  Json rows = Json::array();
  for (const Check& check : checks) {
    rows.push_back({{"check", check.what},
                    {"result", to_text(check.result)},
                    {"told", check.told},
                    {"findings", check.findings}});
  }
  return {{"sound", is_sound(checks)}, {"checks", rows}};
}

}  // namespace engine::support
