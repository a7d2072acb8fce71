#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "errors/failure.h"

namespace machine::windows {

// The system's words for a Win32 error code or an HRESULT; "error 0x..." where it has none.
std::string system_text(std::uint32_t code);

// One call that may fail: what was tried, by which function, on what.
struct Attempt {
  errors::ExitCode exit_code;
  std::string_view verb;    // "rename"
  std::string_view api;     // "MoveFileEx"
  std::string_view object;  // the path, service, key or task

  // A full disk (112, 39) gets its own exit code. `more`: sentences behind the system's words.
  errors::Failure failure(std::uint32_t code, std::string_view more = "") const;
  [[noreturn]] void fail(std::uint32_t code) const { throw failure(code); }
  // GetLastError(): nothing may be called between the failing function and this.
  [[noreturn]] void fail_with_last_error() const;
  // The same, tried by another function on the way. Keeps the last error.
  Attempt by(std::string_view function) const { return {exit_code, verb, function, object}; }
};

// ERROR_FILE_NOT_FOUND (2), ERROR_PATH_NOT_FOUND (3): of files, registry keys and values, tasks.
bool is_missing(std::uint32_t code);

// A HRESULT that carries a Win32 code (0x8007xxxx) -> that code; any other as it is.
std::uint32_t code_of_hresult(std::int32_t result);

}  // namespace machine::windows
