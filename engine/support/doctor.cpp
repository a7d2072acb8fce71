#include "engine/support/doctor.h"

#include "actions/best_effort.h"
#include "engine/product/version_to_be.h"
#include "engine/support/drift.h"
#include "engine/support/file_health.h"
#include "engine/support/installers.h"
#include "engine/support/journal_health.h"
#include "engine/support/leftovers.h"
#include "engine/support/service_health.h"

namespace engine::support {

void examine(Scene& scene, Checkup& checkup) {
  check_journal(scene, checkup);
  check_installation(scene, checkup);
  scene.seen = actions::if_readable(
      [&] { return product::look_at(scene.machine, product::version_to_be(scene.installation)); });
  const Area changes(checkup, "changes");
  Drifts drifts = drifts_of(scene, changes);
  check_services(scene, drifts, checkup);
  check_files(scene, checkup);
  check_extras(scene, drifts, checkup);
  check_other_drifts(drifts, changes);
  check_leftovers(scene, checkup);
  check_installers(scene, checkup);
}

}  // namespace engine::support
