#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "errors/exit_code.h"
#include "json/json.h"

namespace errors {

// The answer of the operating system (or SQLite).
struct SystemError {
  std::string api;  // the call that failed: "StartService", "MoveFileEx", "sqlite3_step"
  // Win32 error code, HRESULT, errno or SQLite's extended result code, as `api` returns it.
  std::int64_t code = 0;
  std::string text;  // the system's own text for the code, UTF-8
};

// The project's one exception. It says what was tried, on which object, and what the system
// answered; callers add context on the way up ("while registering driver EbpfCore", "while updating
// 0.9.1 -> 0.10.0").
//
// The machine, the actions, the journal and the engine throw it. The transaction turns it into
// undo, run and main into status and exit code; engine/README.md names the other allowed catches. A
// cause and a failure of its undo are two Failures and never merge.
class Failure : public std::exception {
 public:
  // `tried` is a phrase without a full stop: "start driver NetEbpfExt". `object` names one service,
  // path, key or the like.
  Failure(ExitCode code, std::string object, std::string tried);
  Failure(ExitCode code, std::string object, std::string tried, SystemError system);

  ExitCode code() const { return code_; }
  const std::string& object() const { return object_; }
  const std::string& tried() const { return tried_; }
  const std::optional<SystemError>& system() const { return system_; }
  const std::vector<std::string>& context() const { return context_; }  // innermost first

  // Sets a sentence that replaces the exit code's general advice in this case. It may end as
  // ExitCodeRow::advice does.
  Failure& advise(std::string what_to_do);
  // Sets what tries the command again, a phrase: "run the command again", which is the default.
  Failure& tried_again_by(std::string_view what);
  // Returns whole sentences: the advice for this case if there is one, else the exit code's.
  std::string advice() const;

  Failure& add_context(std::string phrase);
  // Sets a more specific exit code than the place of the throw could know.
  Failure& recode(ExitCode code);

  // One line: "Could not start driver NetEbpfExt: ... (StartService: 577 ...), while enabling
  // 0.9.1".
  std::string message() const;
  const char* what() const noexcept override;

  nlohmann::json to_json() const;
  // Reads what to_json wrote, also by another version: unknown keys are ignored, missing ones are
  // empty.
  static Failure from_json(const nlohmann::json& json);

 private:
  void render();

  ExitCode code_;
  std::string object_;
  std::string tried_;
  std::optional<SystemError> system_;
  std::vector<std::string> context_;
  std::string advice_;
  std::string tried_again_by_ = "run the command again";
  std::string message_;
};

// Returns true if a file could not be changed because a program has it open.
bool is_in_use(const Failure& failure);

// Returns the exception if it is a Failure; else a kGeneric Failure with its text (a defect of
// ours, no memory).
Failure as_failure(const std::exception& exception);

// Does `work`. Returns the exception that it threw as a Failure, or nullopt.
template <typename Work>
std::optional<Failure> failure_in(Work&& work) {
  try {
    std::forward<Work>(work)();
    return std::nullopt;
  } catch (const std::exception& exception) {
    return as_failure(exception);
  }
}

}  // namespace errors
