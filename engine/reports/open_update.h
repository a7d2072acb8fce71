#pragma once

#include <string>

namespace engine::reports {

// What is said of an update that is open: who goes on with it.
std::string who_goes_on();

}  // namespace engine::reports
