#pragma once

#include <string>
#include <utility>

#include "errors/failure.h"

namespace actions {

// Adds `phrase` to a failure on its way up, and gives it `code` where the door could not know a
// more telling one (kGeneric). ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL become kDiskFull wherever
// they come from.
void explain(errors::Failure& failure, std::string phrase, errors::ExitCode code);

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

}  // namespace actions
