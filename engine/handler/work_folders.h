#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/transaction/session.h"

namespace engine::handler {

// The folder of a transaction's staged and retained files:
// "...\EbpfForWindows\txn-12-20261122T101800123Z". The time makes it unique also where the journal
// was lost and begins again at 1.
std::string work_folder_name(machine::Machine& machine, std::int64_t transaction_id);

// Deletes the work folders of transactions that the journal has and that are settled, or undone
// with everything back in its place; keeps the others. Queues files in use for the next boot, and
// records that as an event of the transaction. Returns a sentence for each folder that could not be
// deleted, or that is kept although no operation needs it.
std::vector<std::string> clean_work_folders(machine::Machine& machine,
                                            transaction::Session& session);

}  // namespace engine::handler
