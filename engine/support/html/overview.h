#pragma once

#include <string>
#include <vector>

#include "engine/support/html/operation.h"
#include "journal/records.h"

namespace engine::support::html {

// Which machine, which transactions, from when to when: a paragraph.
std::string extent_html(const std::vector<OperationView>& operations);

// All operations on one line to scale, over the time in which eBPF and GuestProxyAgent were down by
// a command's doing. `operations`: oldest first.
std::string overview_html(const journal::Records& records,
                          const std::vector<OperationView>& operations);

}  // namespace engine::support::html
