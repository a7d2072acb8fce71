#pragma once

#include <string>

#include "actions/fields.h"

namespace actions::services {

// The parameters of kinds that need nothing but the service's name.
struct NamedService {
  std::string name;
  static void describe(auto& self, auto& visit) {
    visit.required("name", self.name, Text::kFileName);
  }
};

}  // namespace actions::services
