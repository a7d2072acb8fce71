#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/product/outage.h"
#include "engine/support/system_codes.h"
#include "errors/failure.h"
#include "journal/records.h"
#include "json/json.h"

namespace engine::support {

// What the journal tells of one failure, read from it alone: from a copy, on any system.
struct Explanation {
  journal::Transaction transaction;  // the one that failed
  std::optional<journal::Operation> update;
  std::vector<std::int64_t> together;  // its update's transactions and the disable before; sorted

  std::optional<errors::Failure> cause;
  std::optional<errors::Failure> undo_failure;
  const SystemCode* meaning = nullptr;       // of the cause's code; nullptr: not in the table
  std::optional<journal::Step> failed_step;  // that ended with the cause
  std::size_t steps = 0;                     // in that transaction

  std::size_t undone = 0;               // steps, of all transactions in `together`
  std::vector<std::string> not_undone;  // "start-service NetEbpfExt: …"
  std::vector<std::string> left_alone;  // by an undo: objects and why

  // As the journal saw the machine last.
  std::string seen_at;       // UTC; "": never
  std::int64_t seen_by = 0;  // the transaction that `components` is of; 0: none
  std::string version;       // settled; "" for none
  nlohmann::json components;
  bool inconsistent = false;
  std::string before;  // the version before the operation; "" for none

  product::Outage outage;

  // How the process ended that ran the transaction.
  bool died = false;
  std::int64_t ran_ms = 0;    // to its last sign of life, where it died
  std::int64_t limit_ms = 0;  // the VM Agent's, for that command; 0: it does not call it
  std::string end;            // a sentence

  std::string next;                   // what the next command does; sentences
  std::string to_do;                  // sentences; "": nothing
  std::vector<std::string> commands;  // to paste into a command prompt on the VM
};

// `id`: of a transaction; one that was undone with its update explains the failure that undid it.
// nullopt: the last failure; where there is none, the last transaction. Throws kUsage for an id
// that the journal does not hold, and for a journal without a transaction.
Explanation explanation_of(const journal::Records& records, std::optional<std::int64_t> id);

}  // namespace engine::support
