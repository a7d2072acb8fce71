#pragma once

#include <string_view>

#include "actions/machine/services.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// Reads a service's registration by QueryServiceConfig and QueryServiceConfig2. A level of the
// latter that the manager does not know (124), and dependencies that it does not tell, are read
// where Windows' manager keeps them: in the service's registry key.
ServiceConfig read_registration(const ServiceHandle& service, std::string_view name,
                                const Attempt& attempt);

// Sets description, SID type and delayed start if they differ from `found`, by the same two ways.
void write_registration_details(const ServiceHandle& service, std::string_view name,
                                const ServiceConfig& found, const ServiceConfig& wanted,
                                const Attempt& attempt);

// Returns true if the service's registry key says that the service goes at the next boot.
bool has_delete_flag(std::string_view name);

// lpDependencies: the names, each with a NUL after it, and one more NUL. Never empty.
std::wstring dependency_list(const std::vector<std::string>& names);

}  // namespace machine::windows
