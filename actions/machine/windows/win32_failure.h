#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "errors/failure.h"

namespace machine::windows {

// The system's text for a Win32 error code or an HRESULT; "error 0x..." if it has none.
std::string system_text(std::uint32_t code);

// A call that may fail: what is tried, by which function, on which object.
struct Attempt {
  errors::ExitCode exit_code;
  std::string_view verb;    // "rename"
  std::string_view api;     // "MoveFileEx"
  std::string_view object;  // the path, service, key or task

  // A full disk (112, 39) gets its own exit code. `more`: sentences after the system's text.
  errors::Failure failure(std::uint32_t code, std::string_view more = "") const;
  [[noreturn]] void fail(std::uint32_t code) const { throw failure(code); }
  // GetLastError(): nothing may be called between the failing function and this.
  [[noreturn]] void fail_with_last_error() const;
  // The same attempt, made by another function on the way. Keeps the last error.
  Attempt by(std::string_view function) const { return {exit_code, verb, function, object}; }
};

// ERROR_FILE_NOT_FOUND (2), ERROR_PATH_NOT_FOUND (3): of files, registry keys and values, tasks.
bool is_missing(std::uint32_t code);

// Returns the Win32 code that an HRESULT carries (0x8007xxxx); any other HRESULT unchanged.
std::uint32_t code_of_hresult(std::int32_t result);

}  // namespace machine::windows
