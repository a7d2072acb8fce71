#include "actions/machine/simulated/interfaces/simulated_processes.h"

#include <algorithm>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/export_program_info.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated::interfaces {
namespace {

using errors::ExitCode;

constexpr std::int64_t kRunTakesMs = 200;

PathBehaviour armed_for(const MachineState& state, const disk::Place& place) {
  const auto found = state.behaviours.paths.find(fold_case(place.windows));
  return found == state.behaviours.paths.end() ? PathBehaviour{} : found->second;
}

}  // namespace

std::uint32_t SimulatedProcesses::run(std::string_view path, std::span<const std::string> arguments,
                                      std::int64_t deadline_ms) {
  MachineCall call(context_);
  const Attempt attempt{ExitCode::kGeneric, "run", "CreateProcess", path};
  const disk::Place image = call.drive().find(path, attempt);
  if (!image.exists()) attempt.fail(image.parent_exists ? kFileNotFound : kPathNotFound);
  if (!image.is_file()) attempt.fail(kAccessDenied);
  if (!disk::is_image(call.drive().tree(), image.host)) attempt.fail(kBadExeFormat);
  const PathBehaviour armed = armed_for(call.state(), image);
  const std::int64_t left = deadline_ms - (call.state().clock_ms - call.state().booted_at_ms);
  if (armed.hangs || left < kRunTakesMs) {
    call.wait(std::max<std::int64_t>(left, 0));
    const Attempt waiting{ExitCode::kOutOfTime, "wait for", "WaitForSingleObject", path};
    waiting.fail(kWaitTimeout);
  }
  call.wait(kRunTakesMs);
  if (armed.exits) return *armed.exits;
  if (is_export_program_info(image.windows)) {
    const bool clear = std::find(arguments.begin(), arguments.end(), "--clear") != arguments.end();
    export_program_info(call.state(), call.drive().tree().sha256(image.host), clear);
    call.changed();
  }
  return 0;
}

}  // namespace machine::simulated::interfaces
