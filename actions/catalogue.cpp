#include "actions/catalogue.h"

#include <algorithm>
#include <array>

#include "actions/files/arm_recovery.h"
#include "actions/files/place_files.h"
#include "actions/files/preserve_installation.h"
#include "actions/files/remove_files.h"
#include "actions/files/stage_files.h"
#include "actions/registry/add_to_path.h"
#include "actions/registry/register_netsh_helper.h"
#include "actions/registry/remove_from_path.h"
#include "actions/registry/remove_store_entries.h"
#include "actions/registry/run_store_export.h"
#include "actions/registry/unregister_netsh_helper.h"
#include "actions/registry/write_registry.h"
#include "actions/services/register_service.h"
#include "actions/services/set_dependencies.h"
#include "actions/services/set_start_type.h"
#include "actions/services/start_service.h"
#include "actions/services/stop_service.h"
#include "actions/services/unregister_service.h"
#include "actions/tasks/disable_task.h"
#include "actions/tasks/enable_task.h"
#include "actions/tasks/register_task.h"
#include "actions/tasks/unregister_task.h"

namespace actions {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Action> (*rebuild)(const Json& parameters);
};

constexpr std::array kKinds{
    Kind{"add-to-path", AddToPath::from_parameters},
    Kind{"arm-recovery", ArmRecovery::from_parameters},
    Kind{"disable-task", DisableTask::from_parameters},
    Kind{"enable-task", EnableTask::from_parameters},
    Kind{"place-files", PlaceFiles::from_parameters},
    Kind{"preserve-installation", PreserveInstallation::from_parameters},
    Kind{"register-netsh-helper", RegisterNetshHelper::from_parameters},
    Kind{"register-service", RegisterService::from_parameters},
    Kind{"register-task", RegisterTask::from_parameters},
    Kind{"remove-files", RemoveFiles::from_parameters},
    Kind{"remove-from-path", RemoveFromPath::from_parameters},
    Kind{"remove-store-entries", RemoveStoreEntries::from_parameters},
    Kind{"run-store-export", RunStoreExport::from_parameters},
    Kind{"set-dependencies", SetDependencies::from_parameters},
    Kind{"set-start-type", SetStartType::from_parameters},
    Kind{"stage-files", StageFiles::from_parameters},
    Kind{"start-service", StartService::from_parameters},
    Kind{"stop-service", StopService::from_parameters},
    Kind{"unregister-netsh-helper", UnregisterNetshHelper::from_parameters},
    Kind{"unregister-service", UnregisterService::from_parameters},
    Kind{"unregister-task", UnregisterTask::from_parameters},
    Kind{"write-registry", WriteRegistry::from_parameters},
};

}  // namespace

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> names;
  names.reserve(std::size(kKinds));
  for (const Kind& kind : kKinds)
    names.push_back(kind.name);
  return names;
}

std::unique_ptr<Action> rebuild(std::string_view kind, const Json& parameters) {
  const auto found = std::ranges::find(kKinds, kind, &Kind::name);
  return found == kKinds.end() ? nullptr : found->rebuild(parameters);
}

}  // namespace actions
