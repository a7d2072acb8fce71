#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "actions/action.h"

namespace actions {

// All kinds of this program, in alphabetical order.
std::vector<std::string_view> kinds();

// The action that wrote `parameters` under `kind`. nullptr: this program does not know the kind (it
// then touches nothing). Throws kJournalUnusable where the parameters are not what the kind writes.
std::unique_ptr<Action> rebuild(std::string_view kind, const Json& parameters);

}  // namespace actions
