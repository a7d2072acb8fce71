#pragma once

#include <string>
#include <vector>

#include "actions/machine/host_files.h"
#include "engine/handler/run.h"
#include "engine/support/checkup.h"
#include "engine/support/doctor.h"
#include "journal/records.h"

namespace engine::handler {

// What `doctor` looks at beside machine and journal: what the next install or update meets (the
// administrator's policy, the platform, room), and the VM Agent's folders.
void check_surroundings(const support::Scene& scene, const Request& request,
                        support::Checkup& checkup);

// The folders of packages that the journal names, the newest first; `records` may be nullptr.
std::vector<std::string> package_folders(const journal::Records* records);
// Whether the VM Agent's HandlerEnvironment.json lies in that folder.
bool has_environment(machine::HostFiles& host, const std::string& root);

}  // namespace engine::handler
