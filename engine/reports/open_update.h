#pragma once

#include <string>

namespace engine::reports {

// Returns the sentence, for people, on who goes on with an open update.
std::string who_goes_on();

}  // namespace engine::reports
