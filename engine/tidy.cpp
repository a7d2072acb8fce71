#include "engine/tidy.h"

#include "engine/recovery_copy.h"
#include "engine/work_folders.h"

namespace engine {

void tidy(machine::Machine& machine, Store& store, bool settled, Answer& answer) {
  answer.attempt_to("delete work folders",
                    [&] { answer.note(clean_work_folders(machine, store)); });
  if (settled)
    answer.attempt_to("take the recovery copy away",
                      [&] { answer.note(disarm_recovery(machine)); });
  answer.attempt_to("tidy the journal", [&] {
    store.journal()->prune();
    if (!store.journal()->checkpoint())
      answer.note("The journal could not be checkpointed: a reader has it open.");
  });
}

}  // namespace engine
