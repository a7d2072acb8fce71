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

// Deletes the work folders of transactions that are known and settled, or undone with everything
// back in its place; others are kept. What is in use is queued for the next boot, which is an event
// of its transaction. Returns a sentence for each folder that could not be deleted, or is kept
// although nothing is under way.
std::vector<std::string> clean_work_folders(machine::Machine& machine,
                                            transaction::Session& session);

}  // namespace engine::handler
