#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actions/machine/host_files.h"
#include "journal/records.h"

namespace engine::support {

// The status file of a sequence number as its newest command left it.
struct StatusFile {
  std::int64_t sequence = 0;
  std::string text;
  // The command did not end it: what its file says of its way, or of an undo that it could not
  // finish, is not in the journal. The text says how a later command ended it.
  bool ended_otherwise = false;
};

// What a transaction's command wrote; nullopt: it writes none.
std::optional<StatusFile> status_of(const journal::Records& records,
                                    const journal::Transaction& transaction);

// Of every sequence number that the journal knows, lowest first. A command that had no journal
// wrote what none can give.
std::vector<StatusFile> status_files(const journal::Records& records);

// Makes ebpf_handler.log and the status files anew in a folder, which is made where it is missing,
// byte for byte as the commands wrote them: as far back as the journal goes. Returns the names.
// Throws kUsage where one of them lies there already.
std::vector<std::string> rebuild(const journal::Records& records, machine::HostFiles& host,
                                 const std::string& folder);

}  // namespace engine::support
