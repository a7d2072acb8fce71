#pragma once

#include <string>
#include <vector>

#include "actions/action.h"
#include "actions/machine/machine.h"
#include "actions/registry/registry_image.h"

namespace actions::services {

// A value below a service's key of the registry.
struct ServiceKeyValue {
  std::string key;  // below the service's key; "" for that key itself
  registry::NamedValue value;
  static void describe(auto& self, auto& visit) {
    visit.required("key", self.key, Text::kAny);
    registry::NamedValue::describe(self.value, visit);
  }
};

// What a service's key of the registry has besides the fields of machine::ServiceConfig: how
// failures are answered, triggers, privileges, access rights, the service's own Parameters.
// Windows deletes it with the service. Enum is left out, since Windows makes it at each start.
std::vector<ServiceKeyValue> service_key_values(machine::Machine& machine,
                                                const std::string& service);

// Brings the values back to a service that was registered again. A value that is there and differs
// is left and reported in `result`, unless the service was `made_anew` just now. What the manager
// has read at the registration (triggers, privileges, access rights) holds from the next boot on.
void restore_service_key(machine::Machine& machine, const std::string& service,
                         const std::vector<ServiceKeyValue>& values, bool made_anew,
                         UndoResult& result);

}  // namespace actions::services
