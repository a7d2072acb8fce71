#include "actions/files/removal.h"

#include "actions/context.h"

namespace actions::files {

bool remove_unless_in_use(machine::Files& files, const std::string& path, bool readonly) {
  if (readonly) files.set_readonly(path, false);
  try {
    files.remove(path);
    return true;
  } catch (const errors::Failure& failure) {
    if (!says_in_use(failure)) throw;
    return false;
  }
}

bool remove_empty_folder(machine::Files& files, const std::string& folder) {
  constexpr std::int64_t kNotEmpty = 145;  // ERROR_DIR_NOT_EMPTY: a file whose deletion is pending
  if (!files.list(folder).empty()) return false;
  try {
    files.remove_folder(folder);
    return true;
  } catch (const errors::Failure& failure) {
    if (!says_in_use(failure) && !has_code(failure, kNotEmpty)) throw;
    return false;
  }
}

}  // namespace actions::files
