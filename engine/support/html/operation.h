#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/product/outage.h"
#include "engine/support/html/transaction.h"
#include "journal/records.h"

namespace engine::support::html {

// What the VM Agent did as a whole: one command; or an update, with all its commands and the
// disable before them, whose stops the update takes over.
struct OperationView {
  std::optional<journal::Operation> update;
  std::vector<journal::Transaction> transactions;  // oldest first; never empty

  // The one that failed; else the newest.
  std::size_t decisive_position() const;
  const journal::Transaction& decisive() const { return transactions[decisive_position()]; }
  std::string_view outcome() const;  // of the update as a whole: the word of its state
  int code() const;                  // of the failure; 0: none
  bool has_failed() const;
  std::string title() const;  // "update 0.9.1 -> 0.10.0", "enable 0.9.1"
};

// `transactions`: oldest first. Oldest first.
std::vector<OperationView> operations_of(const journal::Records& records,
                                         std::vector<journal::Transaction> transactions);

// Its steps, read once.
struct OperationSteps {
  std::vector<std::vector<journal::Step>> of;  // each transaction, in the order of the view
  product::Outage outage;
};
OperationSteps steps_of(const journal::Records& records, const OperationView& operation);

// A group of rows of the page's table of operations, which has this many columns. `records`: for
// its events.
inline constexpr int kOperationColumns = 8;
std::string operation_html(const journal::Records& records, const OperationView& operation,
                           const OperationSteps& steps, Detail detail, bool unfolded);

// Its place in the page: "t7".
std::string anchor(const OperationView& operation);

}  // namespace engine::support::html
