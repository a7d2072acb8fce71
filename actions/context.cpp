#include "actions/context.h"

namespace actions {
namespace {

constexpr std::int64_t kHandleDiskFull = 39;
constexpr std::int64_t kDiskFull = 112;

bool says_disk_full(const errors::Failure& failure) {
  return failure.system() &&
         (failure.system()->code == kDiskFull || failure.system()->code == kHandleDiskFull);
}

}  // namespace

void explain(errors::Failure& failure, std::string phrase, errors::ExitCode code) {
  failure.add_context(std::move(phrase));
  if (says_disk_full(failure)) {
    failure.recode(errors::ExitCode::kDiskFull);
  } else if (failure.code() == errors::ExitCode::kGeneric) {
    failure.recode(code);
  }
}

}  // namespace actions
