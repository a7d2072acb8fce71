#pragma once

#include <string_view>

#include "actions/machine/services.h"
#include "actions/machine/windows/handles.h"
#include "actions/machine/windows/win32_failure.h"

namespace machine::windows {

// A service's registration as the manager has it: QueryServiceConfig and QueryServiceConfig2. A
// level of the latter that the manager does not know (124) is read where Windows' manager keeps it,
// in the service's registry key; so are dependencies that it keeps and does not tell.
ServiceConfig read_registration(const ServiceHandle& service, std::string_view name,
                                const Attempt& attempt);

// Sets description, SID type and delayed start where they differ from `found`; likewise.
void write_registration_details(const ServiceHandle& service, std::string_view name,
                                const ServiceConfig& found, const ServiceConfig& wanted,
                                const Attempt& attempt);

// Whether the service's registry key says that it goes at the next boot.
bool has_delete_flag(std::string_view name);

// Names, each with a NUL behind it, and one more: lpDependencies. Never empty.
std::wstring dependency_list(const std::vector<std::string>& names);

}  // namespace machine::windows
