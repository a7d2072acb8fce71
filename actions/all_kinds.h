#pragma once

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
#include "actions/registry/take_back_deletions.h"
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
#include "actions/tasks/end_trace_session.h"
#include "actions/tasks/register_task.h"
#include "actions/tasks/unregister_task.h"

namespace actions {

template <class... Kinds>
struct KindList {};

// In the alphabetical order of their names. The catalogue rebuilds them; the tests damage the text
// of each as its images describe it.
using AllKinds = KindList<registry::AddToPath,              //
                          files::ArmRecovery,               //
                          tasks::DisableTask,               //
                          tasks::EnableTask,                //
                          tasks::EndTraceSession,           //
                          files::PlaceFiles,                //
                          files::PreserveInstallation,      //
                          registry::RegisterNetshHelper,    //
                          services::RegisterService,        //
                          tasks::RegisterTask,              //
                          files::RemoveFiles,               //
                          registry::RemoveFromPath,         //
                          registry::RemoveStoreEntries,     //
                          registry::RunStoreExport,         //
                          services::SetDependencies,        //
                          services::SetStartType,           //
                          files::StageFiles,                //
                          services::StartService,           //
                          services::StopService,            //
                          registry::TakeBackDeletions,      //
                          registry::UnregisterNetshHelper,  //
                          services::UnregisterService,      //
                          tasks::UnregisterTask,            //
                          registry::WriteRegistry>;

}  // namespace actions
