#pragma once

#include <string>

#include "actions/action.h"
#include "actions/fields.h"
#include "actions/machine/machine.h"

namespace actions {

// What a service's key of the registry has besides the fields of machine::ServiceConfig: how
// failures are answered, triggers, privileges, access rights, the service's own Parameters.
// Windows deletes it with the service. Not in it: Enum, which Windows makes at each start.
// A list of values: {"key": below the service's key, "" for itself; "name"; "type"; "data"}.
Json service_key_image(machine::Machine& machine, const std::string& service);

// Brings the values back to a service that was registered again. One that is there and another one
// is left and reported in `result`, but for a service that was `made_anew` just now. What the
// manager has read at the registration (triggers, privileges, access rights) holds from the next
// boot on.
void restore_service_key(machine::Machine& machine, const std::string& service,
                         const std::vector<Fields>& image, bool made_anew, UndoResult& result);

}  // namespace actions
