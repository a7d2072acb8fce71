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

// What the operating system (or SQLite) answered.
struct SystemError {
  std::string api;  // the call that failed: "StartService", "MoveFileEx", "sqlite3_step"
  std::int64_t code =
      0;  // Win32 error code, HRESULT, errno or SQLite's extended result code, as `api` returns it
  std::string text;  // the system's own words for it, UTF-8
};

// The project's one exception. It says what was tried, on which object, what the system answered;
// context is added on the way up ("while registering driver EbpfCore", "while updating 0.9.1 ->
// 0.10.0").
//
// Thrown by the machine's adapters, the actions, the journal and the engine. The transaction turns
// it into undo, run and main into status and exit code; what else may catch one is in
// engine/README.md. A cause and a failure of its undo are two Failures and never merge.
class Failure : public std::exception {
 public:
  // `tried` is a phrase without a full stop: "start driver NetEbpfExt". `object` is the one thing
  // it was about.
  Failure(ExitCode code, std::string object, std::string tried);
  Failure(ExitCode code, std::string object, std::string tried, SystemError system);

  ExitCode code() const { return code_; }
  const std::string& object() const { return object_; }
  const std::string& tried() const { return tried_; }
  const std::optional<SystemError>& system() const { return system_; }
  const std::vector<std::string>& context() const { return context_; }  // innermost first

  // A sentence for this case that replaces the exit code's general advice.
  Failure& advise(std::string what_to_do);
  // The advice for this case if there is one, else the exit code's.
  std::string advice() const;

  Failure& add_context(std::string phrase);
  // A more telling exit code than the place of the throw could know.
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
  std::string message_;
};

// What was thrown, as a Failure: itself, or kGeneric around the words of any other exception (a
// defect of ours, no memory).
Failure as_failure(const std::exception& exception);

// Does `work`, and returns what it threw as a Failure; nullopt: nothing.
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
