#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "journal/records.h"
#include "json/json.h"

namespace engine::reports {

// The status file as the VM Agent reads it (its contract): a projection of a transaction's row, so
// that it can be made again from the journal. UTF-8 without byte order mark, far below the VM
// Agent's 128 Ki characters. `status` is `success` where the transaction committed without a
// complaint (code 0), `transitioning` where it is open and `transitioning` is asked for, else
// `error`: never `warning`, which no VM Agent treats as an end.
std::string status_text(const journal::Transaction& transaction, bool transitioning);

// "<folder>/<number>.status"
std::string status_path(const std::string& status_folder, std::int64_t sequence_number);

// One sentence on how a transaction ended, for status and console: "eBPF 0.9.1 is enabled.", or
// cause, what was given back, what to do.
std::string sentence(const journal::Transaction& transaction);

}  // namespace engine::reports
