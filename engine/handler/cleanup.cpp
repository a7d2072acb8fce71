#include "engine/handler/cleanup.h"

#include "engine/handler/abandonment.h"
#include "engine/handler/work_folders.h"

namespace engine::handler {

void clean_up(machine::Machine& machine, transaction::Session& session, bool settled,
              reports::Answer& answer) {
  answer.attempt_to("delete work folders",
                    [&] { answer.note(clean_work_folders(machine, session)); });
  if (settled)
    answer.attempt_to("take the recovery copy away",
                      [&] { answer.note(disarm_recovery(machine)); });
  answer.attempt_to("clean up the journal", [&] {
    session.journal()->prune();
    if (!session.journal()->checkpoint())
      answer.note("The journal could not be checkpointed: a reader has it open.");
  });
}

}  // namespace engine::handler
