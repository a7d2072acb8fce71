#pragma once

#include <string>
#include <vector>

#include "actions/machine/system.h"
#include "engine/support/checkup.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"
#include "tests/lab/doctor.h"

namespace engine {

inline constexpr const char* kInstalled = R"(C:\Program Files\ebpf-for-windows)";

// "trouble EbpfCore" for all that is not well.
inline std::vector<std::string> not_well(const support::Checkup& checkup) {
  std::vector<std::string> all;
  for (const support::Checked& checked : checkup.all()) {
    if (checked.mark == support::Mark::kTrouble || checked.mark == support::Mark::kUnknown)
      all.push_back(std::string(to_text(checked.mark)) + " " + checked.object);
  }
  return all;
}

// The notes' objects.
inline std::vector<std::string> noted(const support::Checkup& checkup) {
  std::vector<std::string> all;
  for (const support::Checked& checked : checkup.all()) {
    if (checked.mark == support::Mark::kNote) all.push_back(checked.object);
  }
  return all;
}

// The first finding on the object; fails the test where there is none.
inline support::Checked on(const support::Checkup& checkup, const std::string& object) {
  for (const support::Checked& checked : checkup.all())
    if (checked.object == object) return checked;
  ADD_FAILURE() << "nothing on " << object << "\n" << checkup_text(checkup);
  return {};
}

inline void expect_well(const support::Checkup& checkup) {
  EXPECT_THAT(not_well(checkup), testing::IsEmpty()) << checkup_text(checkup);
  EXPECT_THAT(noted(checkup), testing::IsEmpty()) << checkup_text(checkup);
}

class Doctor : public Bench {
 protected:
  support::Checkup checkup() const { return lab::doctor(vm_, package_); }
  // The advice is followed, and all is well.
  void expect_cured() const {
    const support::Checkup after = lab::cured(vm_, package_);
    EXPECT_TRUE(after.is_well()) << checkup_text(after);
  }
  void minutes_pass(int minutes) const {
    behind([minutes](machine::Machine& m) { m.system().wait_ms(minutes * 60'000LL); });
  }
};

class DoctorInUpdate : public Update {
 protected:
  int copies_ = 0;
  void minutes_pass(int minutes) const {
    behind([minutes](machine::Machine& m) { m.system().wait_ms(minutes * 60'000LL); });
  }
};

}  // namespace engine
