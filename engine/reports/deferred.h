#pragma once

#include <string_view>

namespace engine::reports {

// Returns the sentences, for people, on what to do about a disable or an uninstall that succeeded
// and waits for the next boot.
std::string_view deferred_advice(std::string_view command);

}  // namespace engine::reports
