#include "engine/reports/open_update.h"

#include "engine/commands/operation_table.h"

namespace engine::reports {

std::string who_goes_on() {
  return "the VM Agent's next command goes on with it; `recover --abandoned` undoes it when none "
         "has come for " +
         std::to_string(commands::kAbandonedAfterMinutes) + " minutes, or since the last boot.";
}

}  // namespace engine::reports
