#include "engine/reports/answer.h"

#include <algorithm>
#include <utility>

#include "errors/exit_code.h"
#include "text/bounded.h"
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

// Notes go before lines, and the end of a line before its beginning.
void Answer::keep_to_what_is_read() {
  constexpr std::size_t kRead = 3200;
  constexpr std::size_t kOfALine = 800;
  constexpr std::size_t kRest = 100;  // to say how many notes are not here
  std::size_t left = kRead - kRest;
  for (std::string& line : reply_.lines) {
    line = text::bounded(std::move(line), std::min(kOfALine, left));
    left -= std::min(left, line.size() + 1);
  }
  std::size_t told = 0;
  for (; told < notes_.size(); ++told) {
    const std::string line = "Note: " + text::sentence(notes_[told]);
    if (line.size() + 1 > left) break;
    left -= line.size() + 1;
    say(line);
  }
  if (told < notes_.size())
    say("Note: " + std::to_string(notes_.size() - told) + " more notes had no room.");
}

Reply Answer::finish(std::int64_t transaction_id) {
  keep_to_what_is_read();
  reply_.json["command"] = command_;
  reply_.json["code"] = static_cast<int>(reply_.code);
  reply_.json["name"] = errors::exit_code_row(reply_.code).name;
  reply_.json["transaction"] = transaction_id == 0 ? Json() : Json(transaction_id);
  reply_.json["notes"] = notes_;
  if (undo_failure_) reply_.json["undo_failure"] = undo_failure_->to_json();
  return std::move(reply_);
}

}  // namespace engine::reports
