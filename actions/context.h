#pragma once

#include <string>
#include <utility>

#include "errors/failure.h"

namespace actions {

// Adds `phrase` to a failure on its way up. The innermost context also gives it `code`, the exit
// code of the action: the door only knows which call failed. What is a fact of its own stays: codes
// from 1101 (package damaged, out of time, …), and ERROR_DISK_FULL or ERROR_HANDLE_DISK_FULL are
// kDiskFull wherever they come from.
void explain(errors::Failure& failure, std::string phrase, errors::ExitCode code);

// Whether the system refused because the object is in use (ERROR_ACCESS_DENIED, which an image that
// is loaded answers to its deletion, or ERROR_SHARING_VIOLATION).
bool says_in_use(const errors::Failure& failure);

// Runs `work`; a Failure in it is explained and goes on up. Nothing is swallowed here. An empty
// phrase adds no words: for work whose failures say by themselves what was being done.
template <typename Work>
decltype(auto) in_context(std::string phrase, errors::ExitCode code, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (errors::Failure& failure) {
    explain(failure, std::move(phrase), code);
    throw;
  }
}

}  // namespace actions
