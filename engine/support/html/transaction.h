#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/product/outage.h"
#include "journal/records.h"

namespace engine::support::html {

// How much of an operation is shown.
enum class Detail {
  kAll,    // the before- and after-image of each step, the events
  kSteps,  // its steps, without those
  kLine    // its line in the list, and why it failed
};

// How something ended: a sign, and a class of the page's style. The word for it stands beside.
struct Mark {
  std::string_view sign;
  std::string_view style;  // "good", "careful", "bad", "open"
};
Mark mark_of(std::string_view outcome, bool complained);
std::string marked(const Mark& mark, std::string_view word);  // HTML

// When the process that ran it did the last thing that was not undoing, milliseconds since 1970,
// UTC: the end of its last step; of one that was not undone, its end.
std::int64_t own_end(const journal::Transaction& transaction,
                     const std::vector<journal::Step>& steps);

// Why a transaction failed and what its undo left, what to do; paragraphs. "" for one that did not.
std::string told_html(const journal::Transaction& transaction,
                      const std::vector<journal::Step>& steps);

// The events of a transaction, or of none (0), folded; but for those that say which step begins,
// which the steps tell; the newest, as many as a small part of a page holds. "" where there are
// none.
std::string events_html(const journal::Records& records, std::int64_t transaction_id);

// A section: facts, steps to scale with eBPF and GuestProxyAgent above them, events. `heading`:
// with a heading of its own, and why it failed; without, what is above it says that.
std::string transaction_html(const journal::Records& records,
                             const journal::Transaction& transaction,
                             const std::vector<journal::Step>& steps, const product::Outage& outage,
                             Detail detail, bool heading);

}  // namespace engine::support::html
