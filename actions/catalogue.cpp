#include "actions/catalogue.h"

#include <algorithm>
#include <array>

#include "actions/place_files.h"
#include "actions/register_service.h"
#include "actions/remove_files.h"
#include "actions/set_dependencies.h"
#include "actions/set_start_type.h"
#include "actions/stage_files.h"
#include "actions/start_service.h"
#include "actions/stop_service.h"
#include "actions/unregister_service.h"

namespace actions {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Action> (*rebuild)(const Json& parameters);
};

constexpr std::array kKinds{
    Kind{"place-files", PlaceFiles::from_parameters},
    Kind{"register-service", RegisterService::from_parameters},
    Kind{"remove-files", RemoveFiles::from_parameters},
    Kind{"set-dependencies", SetDependencies::from_parameters},
    Kind{"set-start-type", SetStartType::from_parameters},
    Kind{"stage-files", StageFiles::from_parameters},
    Kind{"start-service", StartService::from_parameters},
    Kind{"stop-service", StopService::from_parameters},
    Kind{"unregister-service", UnregisterService::from_parameters},
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
