#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "journal/records.h"

namespace engine::product {

// A time, UTC, in which something was down.
struct DownInterval {
  std::string from;
  std::string to;  // "": it is down still where the journal ends
};

// How long something was down by our own doing, milliseconds.
struct Downtime {
  std::int64_t ms = 0;
  std::string since;                    // UTC; "" unless it is down still where the journal ends
  std::vector<DownInterval> intervals;  // in order; that which has no end is the last
};

// By the steps that stop and start services, as the journal has their ends. A process that died
// recorded no end of its last step: then it counts from, or to, the end of the undo. What none of
// these steps stopped is not down; what an undo left stopped is.
struct Outage {
  Downtime ebpf;   // any of its components
  Downtime proxy;  // GuestProxyAgent
};

// `transactions`: of one operation, oldest first. Throws kJournalUnusable as Records does.
Outage outage_of(const journal::Records& records,
                 std::span<const journal::Transaction> transactions);
// The same where the steps have been read: of each transaction.
Outage outage_of(std::span<const std::vector<journal::Step>> steps);

}  // namespace engine::product
