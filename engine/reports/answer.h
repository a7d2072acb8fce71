#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/transaction/outcome.h"
#include "errors/exit_code.h"
#include "errors/failure.h"
#include "json/json.h"

namespace engine::reports {

// The answer to a call of the handler.
struct Reply {
  errors::ExitCode code = errors::ExitCode::kSuccess;
  // For people; the first line says how the command ended. No more than the VM Agent reads, which
  // is the first 3,200 bytes.
  std::vector<std::string> lines;
  nlohmann::json json;  // the same for programs (--json)
};

// Puts a Reply together while a command runs.
class Answer {
 public:
  explicit Answer(std::string_view command) : command_(command) {}

  void say(std::string line) { reply_.lines.push_back(std::move(line)); }
  // Adds a line that finish() puts last, after "Note: ".
  void note(std::string text);
  void note(const std::vector<std::string>& texts) {
    notes_.insert(notes_.end(), texts.begin(), texts.end());
  }
  // Says that the command failed for this reason, whose code becomes the exit code.
  void fail(const errors::Failure& failure);
  // Says that the command committed with this complaint, whose code becomes the exit code.
  void complain(const errors::Failure& failure);
  // Says that the command failed, how far it was undone, and what to do. `not_started`: services of
  // others that the undo could not start again.
  void undone(const transaction::Outcome& outcome, const std::vector<std::string>& not_started);
  void undo_failed(const errors::Failure& failure);
  void advise(const errors::Failure& failure) { say("What to do: " + failure.advice()); }
  // Does work that never changes how the command ends: a failure becomes a note.
  void attempt_to(const std::string& what, const std::function<void()>& work);

  errors::ExitCode code() const { return reply_.code; }
  const std::optional<errors::Failure>& undo_failure() const { return undo_failure_; }
  // `transaction_id`: 0 for none.
  Reply finish(std::int64_t transaction_id);

 private:
  void keep_to_what_is_read();

  std::string command_;
  std::vector<std::string> notes_;
  std::optional<errors::Failure> undo_failure_;
  Reply reply_;
};

}  // namespace engine::reports
