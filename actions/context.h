#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "errors/failure.h"

namespace actions {

// Adds `phrase` to a failure on its way up; an empty phrase adds no words. The innermost context
// also gives the failure `code`, the exit code of the action: the machine only knows which call
// failed. A code that is a fact of its own stays: codes from 1101 (package damaged, out of time,
// …). ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL are kDiskFull wherever they come from.
void explain(errors::Failure& failure, std::string phrase, errors::ExitCode code);

// Whether the system answered with this code.
bool has_code(const errors::Failure& failure, std::int64_t code);

// Whether the system refused because the object is in use (ERROR_ACCESS_DENIED, which an image that
// is loaded answers to its deletion, or ERROR_SHARING_VIOLATION).
bool says_in_use(const errors::Failure& failure);

// Runs `work`; a Failure in it is explained and goes on up. Nothing is swallowed here.
template <typename Work>
decltype(auto) in_context(std::string phrase, errors::ExitCode code, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (errors::Failure& failure) {
    explain(failure, std::move(phrase), code);
    throw;
  }
}

// The same, but the phrase is added only where the failure does not name `object` by itself: for
// work most of whose failures say what was being done to the object.
template <typename Work>
decltype(auto) in_context_of(const std::string& object, std::string phrase, errors::ExitCode code,
                             Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (errors::Failure& failure) {
    const bool named = failure.message().find(object) != std::string::npos;
    explain(failure, named ? "" : std::move(phrase), code);
    throw;
  }
}

// What a call was doing, as data. `object` not empty: as in_context_of.
struct Context {
  std::string phrase;
  errors::ExitCode code = errors::ExitCode::kGeneric;
  std::string object = {};
};

template <typename Work>
decltype(auto) in_context(const Context& context, Work&& work) {
  if (context.object.empty())
    return in_context(context.phrase, context.code, std::forward<Work>(work));
  return in_context_of(context.object, context.phrase, context.code, std::forward<Work>(work));
}

}  // namespace actions
