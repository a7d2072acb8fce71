#include "engine/reports/answer.h"

#include <utility>

#include "errors/exit_code.h"
#include "text/joined.h"
#include "text/sentence.h"

namespace engine::reports {

using errors::Failure;
using journal::TransactionState;
using Json = nlohmann::json;

namespace {

std::string but_for(const std::vector<std::string>& not_started) {
  return not_started.empty() ? ""
                             : ", but for what does not start again: " + text::joined(not_started) +
                                   "; the next enable and recover try it once more";
}

std::string how_undone(const transaction::Outcome& outcome,
                       const std::vector<std::string>& not_started) {
  const std::string undone = "Undone: " + std::to_string(outcome.undone) + " steps. ";
  switch (outcome.state) {
    case TransactionState::kUndone:
      if (outcome.undo_failure)
        return undone + "All else is as it was before" + but_for(not_started) + ".";
      return undone + "The machine is as it was before" + but_for(not_started) + ".";
    case TransactionState::kRebootNeeded:
      return undone + "Restart the VM; the first command after it finishes the undo.";
    case TransactionState::kOpen:
      return "Whether it was committed is not known: the journal cannot be read. Nothing was "
             "undone; the next command that can read it finishes this.";
    default:
      return undone + "The undo did not reach its end. The next command goes on with it.";
  }
}

}  // namespace

void Answer::note(std::string text) { notes_.push_back(std::move(text)); }

void Answer::fail(const Failure& failure) {
  reply_.code = failure.code();
  reply_.json["failure"] = failure.to_json();
  say(command_ + " failed (" + std::to_string(static_cast<int>(failure.code())) +
      text::sentence("): " + failure.message()));
}

void Answer::complain(const Failure& failure) {
  reply_.code = failure.code();
  reply_.json["failure"] = failure.to_json();
  say("Nothing was undone, but the exit code is " +
      std::to_string(static_cast<int>(failure.code())) + ": " + text::sentence(failure.message()));
  advise(failure);
}

void Answer::undone(const transaction::Outcome& outcome,
                    const std::vector<std::string>& not_started) {
  fail(*outcome.cause);
  say(how_undone(outcome, not_started));
  if (outcome.undo_failure) undo_failed(*outcome.undo_failure);
  advise(*outcome.cause);
}

void Answer::undo_failed(const Failure& failure) {
  undo_failure_ = failure;
  say("Undo failure: " + text::sentence(failure.message()));
}

void Answer::attempt_to(const std::string& what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& exception) {
    note("Could not " + what + ": " + text::sentence(errors::as_failure(exception).message()));
  }
}

Reply Answer::finish(std::int64_t transaction_id) {
  for (const std::string& text : notes_)
    say("Note: " + text::sentence(text));
  reply_.json["command"] = command_;
  reply_.json["code"] = static_cast<int>(reply_.code);
  reply_.json["name"] = errors::exit_code_row(reply_.code).name;
  reply_.json["transaction"] = transaction_id == 0 ? Json() : Json(transaction_id);
  reply_.json["notes"] = notes_;
  if (undo_failure_) reply_.json["undo_failure"] = undo_failure_->to_json();
  return std::move(reply_);
}

}  // namespace engine::reports
