#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "journal/records.h"

namespace engine::product {

// How long something was down by our own doing, milliseconds.
struct Downtime {
  std::int64_t ms = 0;
  std::string since;  // UTC; "" unless it is down still where the journal ends
};

// By the steps that stop and start services, as the journal has their ends. A process that died
// recorded no end of its last step: then it counts from, or to, the end of the undo.
struct Outage {
  Downtime ebpf;   // any of its components
  Downtime proxy;  // GuestProxyAgent
};

// `transactions`: of one operation, oldest first. Throws kJournalUnusable as Records does.
Outage outage_of(const journal::Records& records,
                 std::span<const journal::Transaction> transactions);

}  // namespace engine::product
