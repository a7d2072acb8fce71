#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/records.h"
#include "json/json.h"

namespace engine::reports {

// The status file as the VM Agent's contract has it: a projection of a transaction's row, so that
// it can be made again from the journal. UTF-8 without byte order mark, far below the VM Agent's
// 128 Ki characters. `status` is `success` if the transaction committed without a complaint (code
// 0), else `error`: never `warning`, which no VM Agent treats as an end.
std::string status_text(const journal::Transaction& transaction);
// The same of a command that runs: `transitioning`. `progress`: a phrase; "" at its beginning.
std::string status_under_way(const journal::Transaction& transaction, const std::string& progress);

// "<folder>/<number>.status"
std::string status_path(const std::string& status_folder, std::int64_t sequence_number);

// Says how a transaction ended, for the status: "eBPF 0.9.1 is enabled.", or the cause, what was
// given back, and what to do.
std::string sentence(const journal::Transaction& transaction);

}  // namespace engine::reports
