#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actions/action.h"

namespace actions::testing {

// A sound text of the journal with one field that is something else.
struct Damage {
  std::string what;  // "/files/0/sha256: 7"
  Json text;
  bool is_tolerated = false;  // says the description
  bool is_read = false;       // it was, without a complaint
};

// Each field that the description of a kind's parameters or image lists, in turn: missing, null, of
// another type, out of its range, suspicious. `sound` is a text that the kind wrote.
std::vector<Damage> damaged_parameters(std::string_view kind, const Json& sound);
std::vector<Damage> damaged_before(std::string_view kind, const Json& sound);
std::vector<Damage> damaged_after(std::string_view kind, const Json& sound);

}  // namespace actions::testing
