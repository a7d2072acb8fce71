#pragma once

#include <span>
#include <string_view>

#include "actions/machine/machine.h"
#include "actions/machine/services.h"

namespace actions::services {

// A field of a service's configuration that register-service declares, and by which it knows a
// service as its own. The start type and the delayed start are none: set-start-type owns those.
struct ServiceField {
  std::string_view name;
  bool (*equal)(machine::Machine&, const machine::ServiceConfig&, const machine::ServiceConfig&);
  void (*copy)(machine::ServiceConfig& to, const machine::ServiceConfig& from);
};

std::span<const ServiceField> declared_fields();

// All declared fields are equal. Images of drivers are equal when they name the same file: where
// "C:\x.sys" was asked for, Windows stores "\??\C:\x.sys", and only reading back after a
// registration would tell; one in quotes differs, since no driver starts from it. Images of
// programs are command lines and stay as given.
bool declares_same(machine::Machine& machine, const machine::ServiceConfig& a,
                   const machine::ServiceConfig& b);

// `found` is `wanted`, or a process that died while it registered `wanted` has left `found`:
// Windows takes SID type, description and delayed start in calls of their own, behind
// CreateService.
bool is_begun(machine::Machine& machine, const machine::ServiceConfig& found,
              machine::ServiceConfig wanted);

}  // namespace actions::services
