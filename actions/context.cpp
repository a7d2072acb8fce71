#include "actions/context.h"

namespace actions {
namespace {

constexpr std::int64_t kAccessDenied = 5;
constexpr std::int64_t kSharingViolation = 32;
constexpr std::int64_t kHandleDiskFull = 39;
constexpr std::int64_t kDiskFull = 112;
constexpr errors::ExitCode kFirstFactOfItsOwn = errors::ExitCode::kPackageDamaged;

bool says_disk_full(const errors::Failure& failure) {
  return failure.system() &&
         (failure.system()->code == kDiskFull || failure.system()->code == kHandleDiskFull);
}

}  // namespace

bool says_in_use(const errors::Failure& failure) {
  return failure.system() &&
         (failure.system()->code == kAccessDenied || failure.system()->code == kSharingViolation);
}

void explain(errors::Failure& failure, std::string phrase, errors::ExitCode code) {
  const bool innermost = failure.context().empty();
  if (!phrase.empty()) failure.add_context(std::move(phrase));
  if (says_disk_full(failure)) {
    failure.recode(errors::ExitCode::kDiskFull);
  } else if (innermost && failure.code() < kFirstFactOfItsOwn) {
    failure.recode(code);
  }
}

}  // namespace actions
