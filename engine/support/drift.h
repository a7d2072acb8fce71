#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/support/checkup.h"
#include "engine/support/doctor.h"
#include "errors/failure.h"
#include "journal/records.h"

namespace engine::support {

// An object that is not as the newest ended step on it left it, by the probe of that step's action.
struct Drift {
  std::string object;      // "EbpfCore"
  std::string words = {};  // "start type not as enable (transaction 2) left it: as found"
  std::optional<errors::Failure> unseen = {};  // why the probe failed; there are no words then
  bool is_told = false;
};

class Drifts {
 public:
  void add(Drift drift) { all_.push_back(std::move(drift)); }
  // Returns "; " and the words of what drifted of the object, for a finding that names it; "" if
  // nothing did. They are told then, and that a probe of it failed: the finding has failed as well.
  std::string tell(std::string_view object);
  const std::vector<Drift>& all() const { return all_; }

 private:
  std::vector<Drift> all_;
};

// Probes the newest ended step on each aspect of each component and extra. A step of a command that
// committed is to be found as it left it, one that was undone as it was before. Files are none of
// these: their steps' retained files are gone (file_health.h compares them).
Drifts drifts_of(const Scene& scene, const Area& area);

// What drifted and no other finding has told.
void check_other_drifts(const Drifts& drifts, const Area& area);

// How far the steps of an unfinished transaction have come, by their probes: a line for them all,
// and one for each that is neither as found nor as left.
void check_steps(const Scene& scene, const journal::Transaction& transaction, const Area& area);

}  // namespace engine::support
