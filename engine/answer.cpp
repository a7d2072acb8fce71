#include "engine/answer.h"

#include <utility>

#include "errors/exit_code.h"

namespace engine {

using errors::Failure;
using Json = nlohmann::json;

void Answer::fail(const Failure& failure) {
  reply_.code = failure.code();
  reply_.json["failure"] = failure.to_json();
  say(command_ + " failed (" + std::to_string(static_cast<int>(failure.code())) +
      "): " + failure.message() + ".");
}

void Answer::undo_failed(const Failure& failure) {
  undo_failure_ = failure;
  say("Undo failure: " + failure.message() + ".");
}

void Answer::attempt_to(const std::string& what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& exception) {
    note("Could not " + what + ": " + errors::as_failure(exception).message() + ".");
  }
}

Reply Answer::finish(std::int64_t transaction_id) {
  for (const std::string& text : notes_)
    say("Note: " + text);
  reply_.json["command"] = command_;
  reply_.json["code"] = static_cast<int>(reply_.code);
  reply_.json["name"] = errors::exit_code_row(reply_.code).name;
  reply_.json["transaction"] = transaction_id == 0 ? Json() : Json(transaction_id);
  reply_.json["notes"] = notes_;
  if (undo_failure_) reply_.json["undo_failure"] = undo_failure_->to_json();
  return std::move(reply_);
}

}  // namespace engine
