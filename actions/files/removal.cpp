#include "actions/files/removal.h"

#include "actions/context.h"

namespace actions {

bool remove_unless_in_use(machine::Files& door, const std::string& path, bool readonly) {
  if (readonly) door.set_readonly(path, false);
  try {
    door.remove(path);
    return true;
  } catch (const errors::Failure& failure) {
    if (!says_in_use(failure)) throw;
    return false;
  }
}

bool remove_empty_folder(machine::Files& door, const std::string& folder) {
  constexpr std::int64_t kNotEmpty = 145;  // ERROR_DIR_NOT_EMPTY: a file whose deletion is pending
  if (!door.list(folder).empty()) return false;
  try {
    door.remove_folder(folder);
    return true;
  } catch (const errors::Failure& failure) {
    if (!says_in_use(failure) && !has_code(failure, kNotEmpty)) throw;
    return false;
  }
}

}  // namespace actions
