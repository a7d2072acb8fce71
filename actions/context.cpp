#include "actions/context.h"

namespace actions {
namespace {

constexpr std::int64_t kAccessDenied = 5;
constexpr std::int64_t kSharingViolation = 32;
constexpr std::int64_t kHandleDiskFull = 39;
constexpr std::int64_t kDiskFull = 112;
constexpr errors::ExitCode kFirstFactOfItsOwn = errors::ExitCode::kPackageDamaged;

bool says_disk_full(const errors::Failure& failure) {
  return has_code(failure, kDiskFull) || has_code(failure, kHandleDiskFull);
}

}  // namespace

bool has_code(const errors::Failure& failure, std::int64_t code) {
  return failure.system() && failure.system()->code == code;
}

bool says_in_use(const errors::Failure& failure) {
  return has_code(failure, kAccessDenied) || has_code(failure, kSharingViolation);
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
